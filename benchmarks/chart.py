"""Two charts as SVG text, with no library: groups of bars with a line at 1, and lines over a logarithmic axis."""

from html import escape
from math import log

Bar = tuple[str, float, float | None]
"""(label, value, target or None)"""

LEFT, PLOT, RIGHT = 130, 560, 60
BAR, GAP, HEAD = 16, 5, 24
COLOURS = ("#2f6f9f", "#d98032", "#5b8c5a", "#8a6fa8")
STYLE = "text{font:12px sans-serif;fill:#222} .title{font-size:15px;font-weight:bold} .group{font-weight:bold}"


def _text(x: float, y: float, text: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(text)}</text>'


def _line(x: float, top: float, bottom: float, style: str) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" style="{style}"/>'


def _bar(bar: Bar, top: float, scale: float, colour: str) -> list[str]:
    label, value, target = bar
    parts = [
        _text(LEFT - 8, top + BAR - 4, label, ' text-anchor="end"'),
        f'<rect x="{LEFT}" y="{top:.1f}" width="{value * scale:.1f}" height="{BAR}" fill="{colour}"/>',
        _text(LEFT + value * scale + 6, top + BAR - 4, f"{value:.2f}"),
    ]
    if target is not None:
        parts.append(_line(LEFT + target * scale, top - 2, top + BAR + 2, "stroke:#b00020;stroke-width:2"))
    return parts


def bars(title: str, groups: list[tuple[str, list[Bar]]]) -> str:
    """
    Draw ``groups`` of bars below ``title``; the same label has the same colour in every group.

    :returns: a whole SVG document.
    """
    values = [value for _, group in groups for _, value, _ in group]
    targets = [target for _, group in groups for _, _, target in group if target is not None]
    scale = PLOT / max([*values, *targets, 1.0])
    colours = {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(dict.fromkeys(b[0] for _, g in groups for b in g))}
    parts, y = [_text(12, 24, title, ' class="title"'), _text(12, 42, "red: target, dashed: the reference")], 52.0
    for name, group in groups:
        y += HEAD
        parts.append(_text(LEFT, y - 6, name, ' class="group"'))
        for bar in group:
            parts += _bar(bar, y, scale, colours[bar[0]])
            y += BAR + GAP
    parts.append(_line(LEFT + scale, 56, y, "stroke:#666;stroke-dasharray:4 3"))
    return _document(LEFT + PLOT + RIGHT, y + 12, parts)


HEIGHT, TOP = 300, 64


def course(title: str, series: dict[str, list[tuple[float, float]]]) -> str:
    """
    Draw one line for each of ``series``, name -> (x, y); x is logarithmic, y begins at 0.

    :returns: a whole SVG document.
    """
    points = [point for line in series.values() for point in line] or [(1.0, 1.0), (10.0, 1.0)]
    low, high, top = min(x for x, _ in points), max(x for x, _ in points), max(y for _, y in points)

    def place(x: float, y: float) -> tuple[float, float]:
        return LEFT + PLOT * log(x / low) / log(high / low), TOP + HEIGHT * (1 - y / top)

    parts = [_text(12, 24, title, ' class="title"'), _line(LEFT, TOP, TOP + HEIGHT, "stroke:#666")]
    for x in sorted({x for x, _ in points}):
        parts.append(_text(place(x, 0)[0], TOP + HEIGHT + 18, f"{x:g}", ' text-anchor="middle"'))
    parts += [_text(LEFT - 8, place(low, y)[1] + 4, f"{y:.0f}", ' text-anchor="end"') for y in (0, top / 2, top)]
    for number, (name, line) in enumerate(series.items()):
        places = [place(x, y) for x, y in sorted(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{path}" style="fill:none;stroke:{colour};stroke-width:2"/>')
        parts.append(_text(places[-1][0] + 6, places[-1][1] + 4, name))
    return _document(LEFT + PLOT + 110, TOP + HEIGHT + 36, parts)


def _document(width: float, height: float, parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}">'
    background = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", background, *parts, "</svg>"]) + "\n"
