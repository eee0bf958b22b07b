"""The categories, colors, licences and frame sizes that the synthetic pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Category:
    """A class of things or stuff: its COCO id, names, and the outline it is drawn with."""

    id: int
    name: str
    supercategory: str
    is_thing: bool = True
    outline: str = "round"
    weight: float = 1.0


# id, name, supercategory, outline of :mod:`t4s_data.synthetic.scenes.outlines`, how often it leads a picture
_THINGS = """
1 person|person|person|48
2 bicycle|vehicle|cycle|1
3 car|vehicle|car|3
4 motorcycle|vehicle|cycle|1
5 airplane|vehicle|airplane|1
6 bus|vehicle|box|2
7 train|vehicle|box|1
8 truck|vehicle|truck|2
9 boat|vehicle|boat|1
10 traffic light|outdoor|box|0
11 fire hydrant|outdoor|bottle|0
13 stop sign|outdoor|round|0
14 parking meter|outdoor|bottle|0
15 bench|outdoor|table|1
16 bird|animal|bird|1
17 cat|animal|quadruped|2
18 dog|animal|quadruped|2
19 horse|animal|quadruped|2
20 sheep|animal|quadruped|2
21 cow|animal|quadruped|2
22 elephant|animal|quadruped|2
23 bear|animal|quadruped|1
24 zebra|animal|quadruped|2
25 giraffe|animal|giraffe|2
27 backpack|accessory|box|0
28 umbrella|accessory|umbrella|1
31 handbag|accessory|bowl|0
32 tie|accessory|stick|0
33 suitcase|accessory|box|1
34 frisbee|sports|round|0
35 skis|sports|stick|0
36 snowboard|sports|stick|0
37 sports ball|sports|round|0
38 kite|sports|kite|0
39 baseball bat|sports|stick|0
40 baseball glove|sports|round|0
41 skateboard|sports|stick|0
42 surfboard|sports|stick|1
43 tennis racket|sports|stick|0
44 bottle|kitchen|bottle|1
46 wine glass|kitchen|bottle|1
47 cup|kitchen|cup|1
48 fork|kitchen|stick|0
49 knife|kitchen|stick|0
50 spoon|kitchen|stick|0
51 bowl|kitchen|bowl|2
52 banana|food|banana|1
53 apple|food|round|0
54 sandwich|food|bowl|1
55 orange|food|round|1
56 broccoli|food|plant|1
57 carrot|food|stick|0
58 hot dog|food|banana|1
59 pizza|food|round|2
60 donut|food|round|1
61 cake|food|box|1
62 chair|furniture|chair|2
63 couch|furniture|couch|1
64 potted plant|furniture|plant|1
65 bed|furniture|couch|1
67 dining table|furniture|table|1
70 toilet|furniture|chair|0
72 tv|electronic|box|1
73 laptop|electronic|box|1
74 mouse|electronic|round|0
75 remote|electronic|stick|0
76 keyboard|electronic|box|0
77 cell phone|electronic|box|0
78 microwave|appliance|box|0
79 oven|appliance|box|0
80 toaster|appliance|box|0
81 sink|appliance|bowl|0
82 refrigerator|appliance|box|1
84 book|indoor|box|0
85 clock|indoor|round|0
86 vase|indoor|bottle|1
87 scissors|indoor|stick|0
88 teddy bear|indoor|teddy|1
89 hair drier|indoor|cup|0
90 toothbrush|indoor|stick|0
"""

_STUFF = """
92 banner|textile,93 blanket|textile,95 bridge|building,100 cardboard|raw-material,107 counter|furniture-stuff,
109 curtain|textile,112 door-stuff|furniture-stuff,118 floor-wood|floor,119 flower|plant,122 fruit|food-stuff,
125 gravel|ground,128 house|building,130 light|furniture-stuff,133 mirror-stuff|furniture-stuff,138 net|structural,
141 pillow|textile,144 platform|ground,145 playingfield|ground,147 railroad|ground,148 river|water,149 road|ground,
151 roof|building,154 sand|ground,155 sea|water,156 shelf|furniture-stuff,159 snow|ground,161 stairs|furniture-stuff,
166 tent|building,168 towel|textile,171 wall-brick|wall,175 wall-stone|wall,176 wall-tile|wall,177 wall-wood|wall,
178 water-other|water,180 window-blind|window,181 window-other|window,184 tree-merged|plant,185 fence-merged|structural,
186 ceiling-merged|ceiling,187 sky-other-merged|sky,188 cabinet-merged|furniture-stuff,189 table-merged|furniture-stuff,
190 floor-other-merged|floor,191 pavement-merged|ground,192 mountain-merged|solid,193 grass-merged|plant,
194 dirt-merged|ground,195 paper-merged|raw-material,196 food-other-merged|food-stuff,
197 building-other-merged|building,
198 rock-merged|solid,199 wall-other-merged|wall,200 rug-merged|textile
"""

# name, outline, how often; the ids of RRSIS-D count from 0 in this order
_AERIAL = """
Expressway-Service-area|box|2
Expressway-toll-station|box|2
airplane|aircraft|6
airport|box|2
baseballfield|kite|6
basketballcourt|box|4
bridge|stick|4
chimney|round|3
dam|banana|2
golffield|couch|2
groundtrackfield|couch|5
harbor|table|3
overpass|stick|4
ship|boat|9
stadium|round|3
storagetank|round|7
tenniscourt|box|7
trainstation|box|2
vehicle|box|9
windmill|kite|6
"""


def _thing(line: str) -> Category:
    head, supercategory, outline, weight = line.split("|")
    number, name = head.split(" ", 1)
    return Category(int(number), name, supercategory, True, outline, float(weight))


def _stuff(item: str) -> Category:
    head, supercategory = item.strip().split("|")
    number, name = head.split(" ", 1)
    return Category(int(number), name, supercategory, False)


def _aerial(number: int, line: str) -> Category:
    name, outline, weight = line.split("|")
    return Category(number, name, "", True, outline, float(weight))


THINGS = tuple(_thing(line) for line in _THINGS.split("\n") if line)
"""The 80 thing classes of COCO, ids with COCO's gaps."""

STUFF = {item.name: item for item in (_stuff(part) for part in _STUFF.replace("\n", "").split(","))}
"""The 53 stuff classes of COCO panoptic by name."""

AERIAL = tuple(_aerial(number, line) for number, line in enumerate(_AERIAL.strip().split("\n")))
"""The 20 classes of RRSIS-D, ids from 0."""

COLORS: dict[str, tuple[int, int, int]] = {
    "red": (200, 40, 36),
    "blue": (40, 82, 190),
    "yellow": (226, 196, 44),
    "black": (34, 34, 38),
    "white": (236, 236, 230),
    "orange": (232, 124, 30),
    "purple": (124, 58, 150),
    "pink": (236, 140, 170),
    "brown": (124, 78, 42),
    "gray": (130, 132, 136),
    "green": (36, 132, 60),
}
"""What a thing may be painted with, by the word that sentences use."""

FRAMES: tuple[tuple[int, int, float], ...] = (
    (640, 480, 30), (640, 427, 21), (480, 640, 11), (427, 640, 9), (500, 375, 8), (640, 426, 7), (640, 428, 5),
    (426, 640, 4), (375, 500, 3), (640, 425, 3), (612, 612, 3), (640, 640, 2), (500, 333, 2), (333, 500, 2),
    (640, 360, 1),
)  # fmt: skip
"""Width, height and frequency of pictures like COCO's."""

_CC = "http://creativecommons.org/licenses"
LICENSES: tuple[dict[str, Any], ...] = (
    {"url": f"{_CC}/by-nc-sa/2.0/", "id": 1, "name": "Attribution-NonCommercial-ShareAlike License"},
    {"url": f"{_CC}/by-nc/2.0/", "id": 2, "name": "Attribution-NonCommercial License"},
    {"url": f"{_CC}/by-nc-nd/2.0/", "id": 3, "name": "Attribution-NonCommercial-NoDerivs License"},
    {"url": f"{_CC}/by/2.0/", "id": 4, "name": "Attribution License"},
    {"url": f"{_CC}/by-sa/2.0/", "id": 5, "name": "Attribution-ShareAlike License"},
    {"url": f"{_CC}/by-nd/2.0/", "id": 6, "name": "Attribution-NoDerivs License"},
    {"url": "http://flickr.com/commons/usage/", "id": 7, "name": "No known copyright restrictions"},
    {"url": "http://www.usa.gov/copyright.shtml", "id": 8, "name": "United States Government Work"},
)
"""COCO's licences by id, as its files list them."""

LICENSE_WEIGHTS = (0.31, 0.12, 0.26, 0.17, 0.09, 0.04, 0.005, 0.005)
"""How often a picture bears each of them."""
