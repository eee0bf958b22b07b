"""Scores of a model's answers: here the true ones, one of them cut short. `t4s demo demo` makes the corpus."""

import t4s_data as t4s

corpus = t4s.Corpus("demo/corpus")
split = corpus.splits[0]
answers = {row.id: row.answer for row in corpus.rows(split=split)}
first = next(iter(answers))
answers[first] = answers[first][:60]
for group, figures in t4s.score(answers, corpus, split=split).items():
    known = {name: f"{value:.1f}" for name, value in figures.items() if isinstance(value, float)}
    print(f"{group.source} {group.task}: {figures['rows']} rows, {figures['repaired']} repaired, {known}")
