"""The recipe: what goes into a corpus. TOML on disk, this model in memory, JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from t4s_data.codecs.codec import CODECS, codec_of
from t4s_data.codecs.spec import CodecSpec
from t4s_data.manifest.names import BOX_TASKS, PresetName, SourceName, TaskName
from t4s_data.manifest.source import check_pattern

PATHS = ("annotations", "images", "masks", "classes")
"""Keys of a `[[source]]` that are path patterns below its root."""
SplitName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TokenizerSpec(_Model):
    """Whose tokens the token columns count."""

    name: str = Field(
        "qwen2",
        min_length=1,
        description="qwen2 (offline), a Hub name, or a path to tokenizer.json",
        examples=["Qwen/Qwen2.5-VL-7B-Instruct"],
    )


class ImagesSpec(_Model):
    """Whether rows hold image paths or image bytes."""

    mode: Literal["path", "embed"] = Field(
        "path", description="rows name the image below --data-root | rows hold the image file's bytes"
    )


class FilesSpec(_Model):
    """What may be read."""

    follow_links: bool = Field(
        False,
        description="whether links below the data root may lead out of it; --data-root, a source's root and the "
        "folders of its layout may be links anyway",
    )


class HoldoutSpec(_Model):
    """What happens to training records whose image is one of an evaluation split."""

    mode: Literal["off", "report", "drop"] = Field(
        "off", description="nothing is looked up | such records are counted | they are left out"
    )
    protect: list[Annotated[str, Field(pattern=r"^[a-z0-9+-]+/.+$")]] | None = Field(
        None,
        description="splits, as in refcoco/unc-val; default: val and test of every source below the data root, divided "
        "as each is by default",
        examples=[["refcoco/unc-val", "refcoco/unc-testA"]],
    )
    ids: list[str] = Field(
        [],
        description="files with more images, relative to the recipe: COCO ids or paths, one a line, or JSON",
        examples=[["held-out.txt"]],
    )
    vg: str | None = Field(
        None, description="Visual Genome's image_data.json, relative to the recipe", examples=["image_data.json"]
    )
    unchecked: Literal["refuse", "allow"] = Field(
        "refuse",
        description="mode drop without vg: rows with images of Visual Genome, which may be COCO's under other ids, end "
        "the build | stay and are counted",
    )


class LimitsSpec(_Model):
    """How long answers may be; conversations that are kept as they are have no limit."""

    answer_tokens: int = Field(0, ge=0, description="most tokens of an answer; 0 = no limit", examples=[2048])
    over: Literal["trim", "drop"] = Field(
        "trim",
        description="an answer that passes it: trim to the largest regions, said in the question (a record whose task "
        "must name every region is dropped) | drop the record; both are counted",
    )


class QuarantineSpec(_Model):
    """How much of a split may be lost."""

    max_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="share of a split's images, refs or conversations that may be unusable (19 always may); more, and "
        "the build fails; default: what the source is known to lose, else 0.01",
        examples=[0.05],
    )


OPTIONS: Mapping[str, tuple[str, ...]] = {
    "min_texts": ("reasonseg",),
    "texts_per_image": ("reasonseg",),
    "explanatory": ("reasonseg",),
    "pairs": ("earthreason",),
    "labels": ("coco-instances",),
    "crowd": ("coco-instances",),
    "negatives": ("coco-instances", "mask-folder"),
    "names": ("coco-panoptic", "mask-folder"),
    "ignore_ids": ("mask-folder",),
    "threshold": ("mask-folder",),
    "image_suffix": ("mask-folder",),
    "label_suffix": ("mask-folder",),
    "preset": ("mask-folder",),
    "annotations": ("coco-instances", "mask-folder"),
    "images": ("coco-instances", "mask-folder"),
    "masks": ("mask-folder",),
    "classes": ("mask-folder",),
}
"""Keys of a `[[source]]` that only some sources know, and which; their readers have the defaults."""


class SourceSpec(_Model):
    """One source of the mixture."""

    name: SourceName = Field(description="as `t4s sources` lists them", examples=["refcoco"])
    splits: Annotated[list[SplitName], Field(min_length=1)] = Field(
        ["train"], description="splits of the source", examples=[["train", "val"]]
    )
    as_split: str = Field(
        "train",
        pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$",
        description="split of the corpus they go to",
        examples=["validation"],
    )
    split_by: str | None = Field(
        None, description="who split the data (refer layout: unc, umd, google, berkeley)", examples=["unc"]
    )
    root: str | None = Field(
        None, description="folder below --data-root; default from the manifest", examples=["refer_seg"]
    )
    repeat: PositiveInt = Field(1, description="times each record is used, each with another template", examples=[2])
    tasks: dict[TaskName, Annotated[float, Field(gt=0, allow_inf_nan=False)]] | None = Field(
        None,
        min_length=1,
        description="weights of the tasks; a hash decides for each sample",
        examples=[{"referring-segmentation": 3, "referring-comprehension": 1}],
    )
    limit: int = Field(0, ge=0, description="most records used, of all its splits together; 0 = all", examples=[1000])
    codec: CodecSpec | None = Field(None, description="a codec of its own", examples=[{"name": "bsd", "n": 32}])
    limits: LimitsSpec | None = Field(
        None, description="limits of its own", examples=[{"answer_tokens": 2048, "over": "drop"}]
    )
    min_texts: PositiveInt | None = Field(
        None, description="reasonseg: images with at least so many texts", examples=[5]
    )
    texts_per_image: PositiveInt | None = Field(
        None, description="reasonseg: so many texts of each image, by hash", examples=[5]
    )
    explanatory: bool | None = Field(None, description="reasonseg: with the written reason where there is one")
    pairs: Literal["zip", "product"] | None = Field(
        None, description="earthreason: question i with answer i | every question with every answer"
    )
    labels: Literal["names", "captions"] | None = Field(
        None, description="coco-instances: regions called after their categories | one record for each caption"
    )
    crowd: Literal["leave-out", "use"] | None = Field(
        None,
        description="coco-instances: annotations with iscrowd are left out and counted | used like all others (CVAT "
        "marks brush masks so)",
    )
    negatives: Literal["none", "exhaustive"] | None = Field(
        None,
        description="own data: no class is ever called absent | a class that is not annotated in an image is not there "
        "(only for data where every object of every class is annotated); default: none, but for the classes that LVIS "
        "says of an image are not there",
    )
    names: Literal["plain", "raw", "synonyms"] | None = Field(
        None,
        description="coco-panoptic, mask-folder: classes as a person says them | as the data set writes them | "
        "mask-folder: of ADE20K's lists of synonyms, another one for each image",
    )
    ignore_ids: list[Annotated[int, Field(ge=0)]] | None = Field(
        None, description="mask-folder: values of index PNGs that are no class", examples=[[0, 255]]
    )
    reader: dict[str, Any] | None = Field(
        None, description="keys of a plugged-in source, as its manifest lists them", examples=[{"level": 2}]
    )
    threshold: int | None = Field(
        None,
        ge=1,
        le=255,
        description="mask-folder: JPEG masks are read, the region from this gray value upward",
        examples=[128],
    )
    image_suffix: str | None = Field(
        None,
        min_length=1,
        description="mask-folder: how names of images end, where stems differ from their labels'",
        examples=["_leftImg8bit.png"],
    )
    label_suffix: str | None = Field(
        None, min_length=1, description="mask-folder: how names of index PNGs end", examples=["_gtFine_labelIds.png"]
    )
    preset: PresetName | None = Field(None, description="mask-folder: a data set whose layout and classes are known")
    annotations: str | None = Field(
        None,
        min_length=1,
        description="own data: file (or glob pattern) below root; mask-folder: the table, or the folder of index PNGs; "
        "{split} stands for the split",
        examples=["result.json"],
    )
    images: str | None = Field(
        None,
        min_length=1,
        description='own data: folder of the images below root, "." for root itself',
        examples=["images/default"],
    )
    masks: str | None = Field(
        None, min_length=1, description="mask-folder: folder of the masks below root", examples=["{split}/masks"]
    )
    classes: str | None = Field(
        None, min_length=1, description="mask-folder: list of classes below root", examples=["labels.txt"]
    )

    @property
    def options(self) -> dict[str, Any]:
        """The keys that only some sources know, as far as they are given."""
        known = {key: value for key in OPTIONS if (value := getattr(self, key)) is not None}
        return known | (self.reader or {})

    @property
    def paths(self) -> dict[str, str]:
        """The path patterns that are given, by key."""
        return {key: value for key in PATHS if (value := getattr(self, key)) is not None}

    @model_validator(mode="after")
    def _only_its_own_keys(self) -> SourceSpec:
        for key, owners in OPTIONS.items():
            if getattr(self, key) is not None and self.name not in owners:
                raise ValueError(f"source {self.name!r} has no key {key!r}; only {', '.join(owners)} has it")
        return self

    @field_validator("root", *PATHS)
    @classmethod
    def _below_the_data_root(cls, value: str | None) -> str | None:
        if value is None:
            return value
        if not value or value.startswith("/") or ".." in value.replace("\\", "/").split("/"):
            raise ValueError(f"{value!r} is no file or folder below --data-root")
        if "\\" in value:
            raise ValueError(f"{value!r}: folders are parted by /")
        return check_pattern(value)

    @model_validator(mode="after")
    def _each_split_has_its_own_file(self) -> SourceSpec:
        if len(self.splits) > 1 and self.annotations and "{split}" not in self.annotations:
            raise ValueError(
                f"annotations {self.annotations!r} would be read for each of the splits {', '.join(self.splits)}; "
                "{split} stands for the split"
            )
        return self

    @model_validator(mode="after")
    def _no_split_twice(self) -> SourceSpec:
        if len(set(self.splits)) < len(self.splits):
            raise ValueError(f"splits names a split twice: {self.splits}")
        return self


class Recipe(_Model):
    """A whole recipe."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="name of the corpus", examples=["mine"])
    seed: int = Field(0, ge=0, description="decides every choice that a hash makes", examples=[1])
    codec: CodecSpec = CodecSpec()
    tokenizer: TokenizerSpec = TokenizerSpec()
    images: ImagesSpec = ImagesSpec()
    files: FilesSpec = FilesSpec()
    holdout: HoldoutSpec = HoldoutSpec()
    limits: LimitsSpec = LimitsSpec()
    quarantine: QuarantineSpec = QuarantineSpec()
    source: Annotated[list[SourceSpec], Field(min_length=1)]

    def codec_of(self, source: SourceSpec) -> CodecSpec:
        """The codec that a source's rows are written with."""
        return source.codec or self.codec

    def limits_of(self, source: SourceSpec) -> LimitsSpec:
        """The limits that a source's rows keep to."""
        return source.limits or self.limits

    @model_validator(mode="after")
    def _each_part_once(self) -> Recipe:
        seen: set[tuple[str, str | None, str]] = set()
        for source in self.source:
            for split in source.splits:
                part = (source.name, source.split_by, split)
                if part in seen:
                    raise ValueError(f"source {source.name!r}, split {split!r} is named twice; use repeat")
                seen.add(part)
        return self

    @model_validator(mode="after")
    def _boxes_need_a_box_codec(self) -> Recipe:
        for source in self.source:
            asked = BOX_TASKS & set(source.tasks or ())
            codec = self.codec_of(source)
            if asked and codec.name in CODECS and codec_of(codec).boxes() is None:
                raise ValueError(
                    f"source {source.name!r}: task {min(asked)!r} answers with a box; codec {codec.name!r} has none"
                )
        return self
