"""Layer styles for QGIS (QML), so that a map file looks right when it is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

_NOTHING = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"
"""How QGIS writes an empty value in a list."""
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"

Shape = Literal["circle", "square", "diamond", "triangle"]


@dataclass(frozen=True, slots=True)
class Marker:
    """A hollow mark at a point."""

    shape: Shape
    colour: str
    """Red, green, blue, opacity: `255,176,0,255`."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The border of an area, without a filling."""

    colour: str
    dashed: bool = False


Symbol = Marker | Outline


@dataclass(frozen=True, slots=True)
class Form:
    """How features are filled in."""

    lists: Mapping[str, Sequence[str]]
    """Columns whose values are chosen from a list, or left empty."""
    locked: Sequence[str]
    """Columns that cannot be changed."""


def categories(column: str, symbols: Mapping[str, Symbol], *, form: Form | None = None) -> str:
    """Give a style that draws features by the value of a column; the empty value stands for all others."""
    root, renderer = _root("categorizedSymbol")
    renderer.set("attr", column)
    listed = ET.SubElement(renderer, "categories")
    for n, value in enumerate(symbols):
        ET.SubElement(listed, "category", render="true", symbol=str(n), value=value, label=value.replace("_", " "))
    if form is not None:
        root.set("styleCategories", "Symbology|Fields|Forms")
        _add_form(root, form)
    return _text(root, renderer, list(symbols.values()))


def single(symbol: Symbol) -> str:
    """Give a style that draws all features alike."""
    root, renderer = _root("singleSymbol")
    return _text(root, renderer, [symbol])


def _root(kind: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element("qgis", version="3.34.0", styleCategories="Symbology")
    return root, ET.SubElement(root, "renderer-v2", type=kind, enableorderby="0", forceraster="0", symbollevels="0")


def _text(root: ET.Element, renderer: ET.Element, symbols: Sequence[Symbol]) -> str:
    listed = ET.SubElement(renderer, "symbols")
    for n, symbol in enumerate(symbols):
        _symbol(listed, str(n), symbol)
    ET.indent(root)
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _add_form(root: ET.Element, form: Form) -> None:
    fields = ET.SubElement(root, "fieldConfiguration")
    for name, values in form.lists.items():
        widget = ET.SubElement(ET.SubElement(fields, "field", name=name), "editWidget", type="ValueMap")
        options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        listed = ET.SubElement(options, "Option", type="List", name="map")
        for text, value in [("", _NOTHING), *((v, v) for v in values)]:
            ET.SubElement(ET.SubElement(listed, "Option", type="Map"), "Option", type="QString", name=text, value=value)
    editable = ET.SubElement(root, "editable")
    for name in form.locked:
        ET.SubElement(editable, "field", name=name, editable="0")


def _symbol(parent: ET.Element, name: str, symbol: Symbol) -> None:
    kind, layer, options = _options(symbol)
    found = ET.SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    drawn = ET.SubElement(found, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"})
    listed = ET.SubElement(drawn, "Option", type="Map")
    for key, value in options.items():
        ET.SubElement(listed, "Option", type="QString", name=key, value=value)


def _options(symbol: Symbol) -> tuple[str, str, dict[str, str]]:
    line = {"outline_color": symbol.colour, "outline_width": "0.6", "outline_width_unit": "MM"}
    if isinstance(symbol, Marker):
        size = {"name": symbol.shape, "size": "4", "size_unit": "MM", "color": "0,0,0,0", "outline_style": "solid"}
        return "marker", "SimpleMarker", size | line
    return "fill", "SimpleFill", {"style": "no", "outline_style": "dash" if symbol.dashed else "solid"} | line
