"""A mask becomes text that a language model can write, and the text a mask again."""

import numpy as np

import t4s_data as t4s

yy, xx = np.mgrid[:480, :640]
mug = (yy - 240) ** 2 + (xx - 320) ** 2 < 100**2

for name in ("bsd-64", "bsd-32", "isd-32-rrle"):
    codec = t4s.codec(name)
    text = codec.encode_masks([("mug", mug)])
    [region] = codec.decode_masks(text, height=480, width=640)
    iou = (region.mask & mug).sum() / (region.mask | mug).sum()
    print(f"{name}: {len(text):,} characters, IoU of what comes back {iou:.3f}, box {region.box}")

answer = "Here it is: <ref>mug</ref><box>[[10 10 12 11]]</box><seg><fg3>\n<fg2>"
for region in t4s.codec("bsd-64").decode_masks(answer, height=480, width=640):
    print(region.label, region.box, "mended:", *[repair.kind for repair in region.repairs])
