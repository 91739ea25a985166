"""Books, films, songs, matches, recipes."""

from __future__ import annotations

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.document import Number
from bltgen.training.data.facts import Domain, Fact, boolean, listed, load, number, text
from bltgen.training.data.values import Draw

__all__ = ["CULTURE"]

_BOOK_KINDS = v.choice(
    *[
        "novel",
        "memoir",
        "thriller",
        "biography",
        "fantasy",
        "romance",
        "satire",
        "western",
        "mystery",
        "saga",
    ],
    "crime story",
    "travel book",
)
_FILM_KINDS = v.choice(
    *[
        "comedy",
        "drama",
        "thriller",
        "western",
        "documentary",
        "musical",
        "romance",
        "horror",
        "animation",
        "mystery",
    ]
)
_MUSIC = v.choice(
    *[
        "jazz",
        "rock",
        "pop",
        "folk",
        "blues",
        "soul",
        "punk",
        "reggae",
        "techno",
        "metal",
        "disco",
        "samba",
        "country",
        "funk",
        "swing",
    ]
)
_LANGUAGES = v.choice(
    *[
        "English",
        "French",
        "German",
        "Polish",
        "Spanish",
        "Italian",
        "Swedish",
        "Turkish",
        "Czech",
        "Danish",
        "Dutch",
        "Finnish",
    ]
)
_SPORTS = v.choice(
    *["football", "hockey", "handball", "rugby", "basketball", "volleyball", "cricket", "baseball"]
)
_UNITS = v.choice("g", "ml", "cups of", "spoons of", "slices of", "pieces of", "kg of", "grams of")


def _ingredient(d: Draw) -> Fact:
    amount, unit, name = str(2 + d.below(12) * (1 if d.chance(0.6) else 50)), _UNITS(d), t.ingredient(d)
    said = f"{amount} {unit} {name}" if " " in unit else f"{amount} {unit} of {name}"
    return Fact(said, {"ingredient": name, "amount": Number(amount)})


BOOKS = load(
    "books",
    {
        "title": text(t.title, "title, book, name, book title, work"),
        "author": text(v.person, "author, writer, written by, by, novelist"),
        "year": number(v.year, "year, published, publication year, published in, year of publication"),
        "publisher": text(t.company, "publisher, published by, press, house, publishing house"),
        "pages": number(v.integer(40, 1200), "pages, page count, length, number of pages"),
        "kind": text(_BOOK_KINDS, "genre, kind, type, category"),
        "language": text(_LANGUAGES, "language, written in, original language"),
        "price": number(v.decimal(3, 60), "price, cost, retail price"),
        "translator": text(v.person, "translator, translated by, translation"),
        "isbn": text(v.code, "isbn, id, code, shelf mark, call number"),
        "setting": text(v.city, "setting, set in, place, takes place in"),
        "hero": text(v.full_name, "hero, main character, protagonist, character, heroine"),
        "rating": number(v.decimal(1, 5, 1), "rating, stars, score"),
        "reader": text(v.person, "reader, borrowed by, borrower, lent to"),
    },
    {"publication": ("publisher", "year"), "edition": ("pages", "language", "isbn")},
)

FILMS = load(
    "films",
    {
        "title": text(t.title, "title, film, movie, name, movie title"),
        "director": text(v.person, "director, directed by, filmmaker, made by"),
        "year": number(v.year, "year, released, release year, made in"),
        "star": text(v.person, "star, lead, lead actor, main actor, starring"),
        "cast": listed(v.full_name, "cast, actors, stars, starring, players", 2, 3),
        "minutes": number(v.integer(60, 220), "minutes, runtime, length, duration, running time"),
        "kind": text(_FILM_KINDS, "genre, kind, type, category"),
        "country": text(v.country, "country, made in, origin"),
        "studio": text(t.company, "studio, produced by, production company, producer"),
        "rating": number(v.decimal(1, 10, 1), "rating, score, points, stars"),
        "setting": text(v.city, "setting, set in, place, takes place in"),
        "cinema": text(t.company, "cinema, theatre, shown at, venue"),
        "time": text(v.clock, "time, show time, starts at, screening"),
        "role": text(v.full_name, "role, character, plays, part"),
        "composer": text(v.person, "composer, music, score by, music by"),
    },
    {"showing": ("cinema", "time"), "production": ("studio", "country", "year")},
)

SONGS = load(
    "songs",
    {
        "song": text(t.title, "song, title, track, name, single"),
        "artist": text(v.person, "artist, singer, performer, sung by, by, musician"),
        "album": text(t.title, "album, record, from album, released on"),
        "year": number(v.recent_year, "year, released, release year"),
        "label": text(t.company, "label, record label, released by, publisher"),
        "kind": text(_MUSIC, "genre, style, kind, music"),
        "writer": text(v.person, "writer, composer, written by, songwriter"),
        "length": text(v.duration, "length, duration, running time, time"),
        "rank": number(v.integer(1, 99), "rank, position, chart position, place"),
        "weeks": number(v.integer(2, 60), "weeks, weeks in charts, number of weeks"),
        "sold": number(v.integer(500, 900000, 100), "sold, copies, copies sold, sales"),
        "studio": text(v.city, "recorded in, studio, place, recording place"),
        "guest": text(v.person, "guest, featuring, guest singer, duet with"),
    },
    {"release": ("album", "year", "label"), "charts": ("rank", "weeks")},
)

MATCHES = load(
    "matches",
    {
        "home": text(t.team, "home, home team, winner, host, first team"),
        "away": text(t.team, "away, away team, opponent, loser, guest, visitors, second team"),
        "home_goals": number(v.integer(4, 9), "home goals, home score, winner goals, goals home"),
        "away_goals": number(v.integer(0, 3), "away goals, away score, loser goals, goals away"),
        "stadium": text(t.stadium, "stadium, venue, ground, arena, played at"),
        "city": text(v.city, "city, place, town, location"),
        "date": text(v.date, "date, day, match date, played on"),
        "scorer": text(v.person, "scorer, goal by, top scorer, goalscorer, scored by"),
        "minute": number(v.integer(1, 90), "minute, goal minute, scored in minute"),
        "spectators": number(v.integer(100, 80000), "spectators, attendance, crowd, fans"),
        "referee": text(v.person, "referee, umpire, official, refereed by"),
        "coach": text(v.person, "coach, trainer, manager, head coach"),
        "sport": text(_SPORTS, "sport, game, discipline"),
    },
    {"teams": ("home", "away"), "score": ("home_goals", "away_goals"), "place": ("stadium", "city")},
)

RECIPES = load(
    "recipes",
    {
        "dish": text(t.dish, "dish, name, recipe, title, meal"),
        "cook": text(v.person, "cook, author, by, recipe by, chef, from"),
        "minutes": number(v.integer(5, 180, 5), "minutes, time, cooking time, duration, total time"),
        "serves": number(v.integer(2, 12), "serves, servings, portions, people"),
        "ingredients": listed(_ingredient, "ingredients, needs, components, shopping list", 2, 3),
        "oven": number(v.integer(120, 250, 5), "oven, temperature, oven temperature, degrees"),
        "main": text(t.ingredient, "main ingredient, made with, key ingredient, base"),
        "calories": number(v.integer(80, 1400), "calories, kcal, energy"),
        "country": text(v.country, "country, origin, comes from, cuisine"),
        "drink": text(t.drink, "drink, goes with, served with, beverage"),
        "vegan": boolean(
            ("is vegan", "is a vegan dish"), ("is not vegan", "is not a vegan dish"), "vegan, is vegan"
        ),
        "rating": number(v.decimal(1, 5, 1), "rating, stars, score"),
    },
    {"baking": ("oven", "minutes")},
)

CULTURE: tuple[Domain, ...] = (BOOKS, FILMS, SONGS, MATCHES, RECIPES)
