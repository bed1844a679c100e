"""<|Ts|>: a web application with Flask."""

import os

from flask import Flask, render_template, request

from auth import auth
from models import ADD, ALL, DELETE, UPDATE, query

app = Flask(__name__)
app.secret_key = os.urandom(32)
app.register_blueprint(auth)


def one(rows):
    return rows[0] if rows else ({"error": "<|T|> not found."}, 404)


def save(sql, *key):
    """Run sql with the name and the notes that were sent."""
    match request.get_json(silent=True):
        case {"name": str(name), **others} if name.strip():
            return one(query(sql, name, str(others.get("notes", "")), *key))
    return {"error": "The name must not be empty."}, 400


@app.get("/")
def index():
    return render_template("index.html")


@app.get("/dashboard")
def dashboard():
    return render_template("dashboard.html", rows=query(ALL))


@app.get("/api/<|es|>")
def show():
    return query(ALL)


@app.post("/api/<|es|>")
def add():
    return save(ADD)


@app.put("/api/<|es|>/<int:key>")
def update(key):
    return save(UPDATE, key)


@app.delete("/api/<|es|>/<int:key>")
def delete(key):
    return one(query(DELETE, key))


if __name__ == "__main__":
    app.run(port=int(os.getenv("PORT", "5000")))
