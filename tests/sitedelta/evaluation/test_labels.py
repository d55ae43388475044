"""Reading labelled images, as others laid them out."""

import json

import numpy as np
import pytest

from sitedelta.errors import InputError
from sitedelta.evaluation.classnames import meaning_of
from sitedelta.evaluation.labels import read_labels

BOXES = "image,class,col_min,row_min,col_max,row_max\n"
CENTRES = "image,class,kind,col,row,length_px,width_px,heading_deg,visibility\n"


@pytest.fixture
def folder(tmp_path):
    """Write a folder of labels; the images are empty files, since nobody looks into them."""

    def write(labels, images=("a.png",), listed=None, **files):
        here = tmp_path / "mine"
        (here / "images").mkdir(parents=True, exist_ok=True)
        for name in images:
            (here / "images" / name).touch()
        (here / "labels.csv").write_text(labels)
        if listed is not None:
            (here / "images.csv").write_text(listed)
        for name, text in files.items():
            (here / name.replace("_", ".")).write_text(text)
        return here

    return write


def test_boxes_and_centres_say_the_same(folder):
    boxed = read_labels(folder(BOXES + "a.png,airplane,10,20,40,50\n")).images[0].labels
    centred = read_labels(folder(CENTRES + "a.png,aircraft,,24.5,34.5,30,20,90,clear\n")).images[0].labels
    for found in (boxed, centred):
        assert (found.row[0], found.col[0], found.length_px[0]) == (34.5, 24.5, 30)
        assert (found.label[0], found.clear[0]) == ("aircraft", True)


def test_what_is_cut_off_hidden_or_doubtful_is_not_clear(folder):
    rows = "a.png,aircraft,fighter,10,10,8,6,0,{}\n"
    seen = read_labels(folder(CENTRES + "".join(rows.format(v) for v in ("clear", "", "under_cloud", "doubtful"))))
    assert seen.images[0].twice == 3  # all of them lie in one place
    apart = CENTRES + "".join(
        f"a.png,aircraft,fighter,{20 * k},10,8,6,0,{v}\n" for k, v in enumerate(("clear", "", "under_cloud"))
    )
    labels = read_labels(folder(apart)).images[0].labels
    assert labels.clear.tolist() == [True, True, False]
    assert labels.kind.tolist() == ["fighter"] * 3
    cut = read_labels(folder(BOXES + "a.png,Truncated_airplane,0,0,9,9\n")).images[0].labels
    assert (cut.label[0], cut.clear[0]) == ("aircraft", False)


def test_a_listed_image_without_rows_is_empty_and_others_are_unlabelled(folder):
    rows = BOXES + "a.png,car,1,1,9,9\n"
    names = ("a.png", "b.png", "c.png")
    found = read_labels(folder(rows, names, "image,width,height,gsd_m,exhaustive\na.png,9,9,0.3,1\nb.png,9,9,,0\n"))
    assert [(i.path.name, i.gsd_m, i.exhaustive, len(i.labels)) for i in found.images] == [
        ("a.png", 0.3, True, 1),
        ("b.png", None, False, 0),
    ]
    assert found.unlabelled == ("c.png",)
    assert {i.data for i in found.images} == {"mine"}


def test_without_a_list_an_image_without_rows_is_unlabelled(folder):
    found = read_labels(folder(BOXES + "a.png,car,1,1,9,9\n", ("a.png", "b.png")))
    assert [i.path.name for i in found.images] == ["a.png"]
    assert found.unlabelled == ("b.png",)


def test_labels_on_one_another_count_once(folder):
    rows = "a.png,car,10,10,30,20\na.png,bus,10.5,10,30.5,20\na.png,airplane,10,10,30,20\na.png,car,22,10,42,20\n"
    (image,) = read_labels(folder(BOXES + rows)).images
    assert image.twice == 1
    assert image.labels.label.tolist() == ["vehicle", "aircraft", "vehicle"]
    assert image.labels.kind.tolist() == ["car", "", "car"]


def test_names_of_classes_that_nobody_knows_are_told(folder):
    rows = "a.png,widget,10,10,30,20\na.png,widget,50,10,70,20\na.png,boat,90,10,99,20\n"
    found = read_labels(folder(BOXES + rows))
    assert found.unknown == {"widget": 2}
    assert found.images[0].labels.label.tolist() == ["", "", "none"]
    mended = read_labels(folder(BOXES + rows, classes_csv="name,class,kind\nwidget,vehicle,launcher\n"))
    assert mended.unknown == {}
    assert mended.images[0].labels.label.tolist() == ["vehicle", "vehicle", "none"]
    assert mended.images[0].labels.kind.tolist() == ["launcher", "launcher", "boat"]


@pytest.mark.parametrize(
    ("name", "label", "kind"),
    [
        ("Airplane", "aircraft", ""),
        ("helicopter", "aircraft", "helicopter"),
        ("small-vehicle", "vehicle", "smallvehicle"),
        ("vehicle", "vehicle", ""),
        ("storage tank", "none", "storagetank"),
    ],
)
def test_names_of_classes(name, label, kind):
    assert (meaning_of(name).label, meaning_of(name).kind) == (label, kind)


def test_images_of_one_site_are_known(folder):
    rows = BOXES + "a.png,car,1,1,9,9\nb.png,car,1,1,9,9\n"
    found = read_labels(folder(rows, ("a.png", "b.png"), sites_json=json.dumps({"base": ["a.png"]})))
    assert [i.site for i in found.images] == ["base", "b.png"]


@pytest.mark.parametrize(
    ("labels", "files", "message"),
    [
        ("image,col\n", {}, "no column 'class'"),
        (BOXES + "a.png,car,9,1,1,9\n", {}, "line 2: col_max must be greater"),
        (BOXES + "a.png,car,x,1,9,9\n", {}, "line 2: col_min is x"),
        ("image,class\na.png,car\n", {}, "line 2: col is missing"),
        (CENTRES + "a.png,car,,1,1,0,0,0,\n", {}, "length_px must be greater than 0"),
        (BOXES + "z.png,car,1,1,9,9\n", {}, "z.png: is labelled, but there is no such file"),
        (BOXES, {"images_csv": "image,gsd_m\na.png,fine\n"}, "gsd_m is fine"),
        (BOXES, {"sites_json": "[1]"}, "one list of image names a site"),
        ("\xff\xfe", {}, "no column"),
    ],
)
def test_what_cannot_be_used_is_one_line(folder, labels, files, message):
    with pytest.raises(InputError, match=message) as caught:
        read_labels(folder(labels, **files))
    assert "\n" not in str(caught.value)


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no labels\.csv"):
        read_labels(tmp_path)


def test_empty_labels_have_the_right_types(folder):
    labels = read_labels(folder(BOXES, listed="image\na.png\n")).images[0].labels
    assert len(labels) == 0
    assert labels.clear.dtype == bool
    assert labels.take(np.zeros(0, bool)).row.shape == (0,)
