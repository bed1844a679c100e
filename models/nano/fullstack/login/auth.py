"""Accounts: register, log in and log out."""

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.security import check_password_hash, generate_password_hash

from models import query

auth = Blueprint("auth", __name__)


@auth.before_app_request
def require_login():
    """Let only signed-in people in."""
    if "user" in session or request.path.startswith(("/login", "/register", "/static")):
        return None
    if request.path.startswith("/api"):
        return {"error": "Please log in."}, 401
    return redirect("/login")


@auth.get("/login")
def page(error=""):
    return render_template("login.html", error=error)


@auth.post("/login")
@auth.post("/register")
def enter():
    name, password = request.form["name"], request.form["password"]
    if request.path == "/register":
        sql = "INSERT OR IGNORE INTO auth_users VALUES (?, ?) RETURNING name"
        if not name or len(password) < 8 or not query(sql, name, generate_password_hash(password)):
            return page("Choose another name and at least 8 characters.")
    rows = query("SELECT * FROM auth_users WHERE name = ?", name)
    if not rows or not check_password_hash(rows[0]["password"], password):
        return page("Wrong name or password.")
    session["user"] = name
    return redirect("/")


@auth.post("/logout")
def logout():
    session.clear()
    return redirect("/login")
