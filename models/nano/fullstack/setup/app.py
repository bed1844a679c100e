"""The Flask application: its configuration, its home page and its start."""

import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY", os.urandom(16))


@app.get("/")
def home():
    """Say that the application runs."""
    return "The application runs."


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "5000")))
