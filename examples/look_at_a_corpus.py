"""The rows of a corpus with their true masks. `t4s demo demo` makes one."""

import t4s_data as t4s

corpus = t4s.Corpus("demo/corpus")
print(corpus, corpus.splits, corpus.sources)
row = corpus["refcoco/unc-train/0-0#0"]
print(row.question, row.answer, sep="\n")
for label, mask, box in zip(row.labels, row.masks, row.boxes, strict=True):
    print(f"{label}: {mask.sum()} pixels of {mask.shape}, box {box}")
print("train rows with two regions or more:", sum(len(row.labels) > 1 for row in corpus.rows(split="train")))
