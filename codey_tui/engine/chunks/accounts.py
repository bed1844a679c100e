"""What a web application gets where a request speaks of a login: two more chunks, and a word about them in others."""

import re

from codey_tui.engine.chunks.spec import ChunkSpec

ASKED = re.compile(
    r"\b(?:log[\s-]?ins?|log(?:ged|ging|s)?[\s-]in|logout|auth|authenticat\w+|sign(?:s|ed|ing)?[\s-]?(?:in|up|on)|"
    r"password[\s-]protect\w+|(?:protected|secured|locked) (?:by|with|behind) (?:an? )?passwords?|(?:by|with|and) passwords?|"
    r"(?:behind|(?:needs?|requires?|asks? for|wants?)) an? password|registered (?:users|people|members)|"
    r"(?:every(?:one|body)|users|people|members|visitors) (?:has|have|needs?|gets?|requires?) (?:an|his|her|their) (?:own )?account|"
    r"(?:has|have|needs?|gets?|requires?) (?:an|his|her|their) (?:own )?account(?=\s*(?:[.,;!?)]|$)|\s+(?:first|before|and|with|plus)\b)|"
    r"(?:with|and|plus|including|has|have|create) (?:an? )?(?:user |their own |own )?(?:accounts|registration)|users?[\s-]accounts?)\b",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"\b(?:without|no|not|needs? no|skip)\s+(?:an?\s+|any\s+|the\s+|user\s+)*"
    r"(?:log[\s-]?ins?|auth\w*|sign[\s-]?(?:in|up)|accounts|passwords?|registration)\b",
    re.IGNORECASE,
)
BACKEND = ChunkSpec(
    kind="backend_routes",
    ceiling=384,
    title="Accounts",
    instruction=(
        "Write the accounts of the {framework} application: register, log in and log out, with hashed passwords in the "
        "database and sessions."
    ),
    path="auth.py",
    language="python",
)
PAGE = ChunkSpec(
    kind="frontend_html",
    ceiling=384,
    title="Login page",
    instruction="Write the page on which people log in or register; it loads static/css/style.css.",
    path="templates/login.html",
    language="html",
)
ADDED = {
    "app.py": "Only signed-in people get in: use auth.py.",
    "init_db.py": "It creates the table of accounts for auth.py as well.",
    "templates/index.html": "A button logs out.",
    "README.md": "People log in.",
}
"""Sentences for the instructions of other chunks."""
