"""Laws of conversations: words stand around descriptors, one more of them than there are descriptors."""

from __future__ import annotations

import numpy as np
import pytest

from t4s_data.conversation.prompts import FORMS, Template, load_prompts
from t4s_data.conversation.tasks import Exchange
from t4s_data.conversation.turns import answer, question
from t4s_data.masks.mask import Mask
from t4s_data.sample import Region

MASK = Mask.from_dense(np.ones((2, 2), dtype=bool))
TEMPLATE = Template(question="Find {expression}!", answer="Here:\n{entries}\nThat is all.", no_target="There is none.")


def regions(count):
    return tuple(Region(f"roi{number}", MASK) for number in range(count))


def told(*, together, count=2, **kinds):
    return answer(Exchange({"expression": "x"}, regions(count), **kinds), TEMPLATE, together=together)


def test_the_image_stands_in_front_of_the_question():
    assert question(Exchange({"expression": "the {entries} sign"}, ()), TEMPLATE) == "<image>\nFind the {entries} sign!"


def test_entries_are_lines_of_a_list():
    assert told(together=False, count=3) == ("Here:\n", "\n", "\n", "\nThat is all.")


def test_one_map_stands_for_all_regions():
    assert told(together=True, count=3) == ("Here:\n", "\nThat is all.")


def test_nothing_to_segment_is_a_sentence_and_the_empty_map_where_there_are_maps():
    assert told(together=False, count=0, reply="no_target") == ("There is none.",)
    assert told(together=True, count=0, reply="no_target") == ("There is none.\n", "")


def test_the_source_s_own_words_stand_around_their_entries():
    words = ("The cup ", " and the {entries} ", ".")
    assert told(together=False, words=words) == words


def test_the_source_s_own_words_name_the_labels_of_the_map_that_follows_them():
    words = ("The cup ", " and the spoon ", ".")
    assert told(together=True, words=words) == ("The cup (roi0) and the spoon (roi1).\n", "")
    assert told(together=True, count=0, words=("There is none.",)) == ("There is none.\n", "")


@pytest.mark.parametrize("task", [task for task in FORMS if "answer" in FORMS[task]])
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_there_is_one_more_piece_of_words_than_there_are_descriptors(task, together, count):
    fields = dict.fromkeys(("absent", "answer", "explanation"), "x {entries} y")
    for template in load_prompts(task).templates:
        for reply in {"answer", "partial", "explained"} & FORMS[task].keys():
            words = answer(Exchange(fields, regions(count), reply=reply), template, together=together)
            assert len(words) == (2 if together else count + 1)
            assert words[1:-1] == ("\n",) * (len(words) - 2)
