"""What a web application gets where a request speaks of a dashboard: one more chunk, and a word about it in others."""

import re

from codey_tui.engine.chunks.spec import ChunkSpec

ASKED = re.compile(
    r"\bdash[\s-]?board\b|\b(?:with|and|plus|including|has|shows?) (?:\w+ ){0,3}(?:statistics|stats|analytics)\b|"
    r"\b(?:statistics|stats|analytics|overview) (?:page|screen|view)\b|"
    r"\bpage (?:of|with|for|showing|that shows) (?:(?:the|all|some|key|my) )*(?:statistics|stats|analytics|counts|totals|figures)\b",
    re.IGNORECASE,
)
REFUSED = re.compile(r"\b(?:without|no|not|needs? no|skip)\s+(?:an?\s+|any\s+|the\s+)*dash[\s-]?board\b", re.IGNORECASE)
PAGE = ChunkSpec(
    kind="frontend_html",
    ceiling=384,
    title="Dashboard page",
    instruction="Write the dashboard: counts and the latest entries; it loads static/css/style.css.",
    path="templates/dashboard.html",
    language="html",
)
ADDED = {
    "app.py": "The dashboard at /dashboard shows counts and the latest entries.",
    "templates/index.html": "It links to /dashboard.",
    "README.md": "There is a dashboard at /dashboard.",
}
"""Sentences for the instructions of other chunks."""
