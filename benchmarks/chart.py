"""A horizontal bar chart as SVG text, with no library: groups of bars, a line at 1, a tick at each bar's target."""

from html import escape

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
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + PLOT + RIGHT}" height="{y + 12:.0f}">'
    background = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", background, *parts, "</svg>"]) + "\n"
