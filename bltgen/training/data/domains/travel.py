"""Flights, trains, hotel bookings, restaurants, weather."""

from __future__ import annotations

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.facts import Domain, boolean, listed, load, number, text

__all__ = ["TRAVEL"]

_CUISINES = v.choice(
    *[
        "Italian",
        "Thai",
        "Mexican",
        "Indian",
        "French",
        "Greek",
        "Japanese",
        "Lebanese",
        "Korean",
        "Turkish",
        "Spanish",
        "Ethiopian",
        "Polish",
    ],
    *["Vietnamese", "Peruvian", "Moroccan", "Swedish", "Persian", "Georgian"],
)
_SKIES = v.choice(
    "sunny",
    "cloudy",
    "rainy",
    "foggy",
    "windy",
    "snowy",
    "stormy",
    "clear",
    "overcast",
    "humid",
    "dry",
    "hazy",
    "icy",
)

FLIGHTS = load(
    "flights",
    {
        "flight": text(v.flight, "flight, flight number, number, flight no, id"),
        "airline": text(t.company, "airline, carrier, operator, operated by, company"),
        "origin": text(v.city, "origin, from, departure city, departure airport, departs from, start"),
        "destination": text(v.city, "destination, to, arrival city, arrival airport, bound for, goes to"),
        "departure": text(v.clock, "departure, departure time, departs, departs at, leaves at"),
        "arrival": text(v.clock, "arrival, arrival time, arrives, arrives at, lands at"),
        "date": text(v.date, "date, day, flight date, departure date, when"),
        "gate": text(t.gate, "gate, departure gate, boarding gate"),
        "seat": text(t.seat, "seat, seat number, place"),
        "passenger": text(v.person, "passenger, traveller, name, passenger name, booked by"),
        "price": number(v.decimal(20, 1500), "price, fare, cost, ticket price"),
        "delay": number(v.integer(5, 300, 5), "delay, delay minutes, minutes late, late by"),
        "booking": text(v.code, "booking, booking code, reference, confirmation, booking reference"),
    },
    {"route": ("origin", "destination"), "times": ("departure", "arrival"), "boarding": ("gate", "seat")},
)

TRAINS = load(
    "trains",
    {
        "train": text(v.code, "train, train number, number, service, line, id"),
        "origin": text(v.city, "from, origin, start, departure station, departs from"),
        "destination": text(v.city, "to, destination, terminus, arrival station, final stop, goes to"),
        "via": text(v.city, "via, stops at, change at, through, stopover"),
        "departure": text(v.clock, "departure, departs, departure time, leaves at"),
        "arrival": text(v.clock, "arrival, arrives, arrival time, arrives at"),
        "platform": number(v.integer(1, 24), "platform, track, platform number"),
        "passenger": text(v.person, "passenger, traveller, name, ticket holder"),
        "fare": number(v.decimal(3, 180), "fare, price, cost, ticket price"),
        "coach": number(v.integer(1, 20), "coach, car, carriage, wagon"),
        "seat": number(v.integer(1, 110), "seat, seat number, place"),
        "date": text(v.date, "date, day, travel date, when"),
        "delay": number(v.integer(3, 180), "delay, delay minutes, minutes late, late by"),
    },
    {
        "route": ("origin", "destination", "via"),
        "times": ("departure", "arrival"),
        "reservation": ("coach", "seat"),
    },
)

BOOKINGS = load(
    "bookings",
    {
        "hotel": text(t.hotel, "hotel, property, place, name, hotel name, accommodation"),
        "guest": text(v.person, "guest, guest name, booked by, name, customer, traveller"),
        "city": text(v.city, "city, town, location, destination"),
        "check_in": text(v.date, "check in, arrival, from, arrival date, check in date, arrives on"),
        "check_out": text(v.date, "check out, departure, until, departure date, leaves on"),
        "nights": number(v.integer(2, 21), "nights, number of nights, length of stay"),
        "room": number(v.integer(100, 999), "room, room number, room no"),
        "persons": number(v.integer(2, 8), "persons, guests, people, number of guests, party size"),
        "price": number(v.decimal(30, 2500), "price, total, cost, rate, amount"),
        "code": text(v.code, "confirmation, booking, booking code, reference, confirmation number"),
        "breakfast": boolean(
            ("includes breakfast", "comes with breakfast"),
            ("does not include breakfast", "comes without breakfast"),
            "breakfast, includes breakfast",
        ),
        "phone": text(v.phone, "phone, telephone, phone number, contact"),
    },
    {"stay": ("check_in", "check_out", "nights"), "lodging": ("hotel", "city", "room")},
)

RESTAURANTS = load(
    "restaurants",
    {
        "restaurant": text(t.restaurant, "restaurant, name, place, restaurant name, where"),
        "cuisine": text(_CUISINES, "cuisine, food, kitchen, style, type"),
        "city": text(v.city, "city, town, location"),
        "street": text(v.street_address, "street, address, street address"),
        "chef": text(v.person, "chef, cook, run by, owner, head chef"),
        "dish": text(t.dish, "dish, speciality, signature dish, famous for, recommended"),
        "price": number(v.decimal(4, 90), "price, cost, price of dish, amount"),
        "rating": number(v.decimal(1, 5, 1), "rating, stars, score, review score"),
        "seats": number(v.integer(8, 240), "seats, capacity, places"),
        "guest": text(v.person, "guest, reserved by, booked by, reservation name, diner"),
        "time": text(v.clock, "time, reservation time, at, when"),
        "persons": number(v.integer(2, 16), "persons, guests, party size, people, table for"),
        "closed": text(v.weekday, "closed on, closing day, day off, closed"),
        "dishes": listed(t.dish, "dishes, menu, order, meals, ordered", 2, 3),
    },
    {"address": ("street", "city"), "reservation": ("guest", "time", "persons")},
)

WEATHER = load(
    "weather",
    {
        "city": text(v.city, "city, place, location, town, station"),
        "date": text(v.date, "date, day, when, observed on"),
        "day": text(v.weekday, "weekday, day, day of week"),
        "sky": text(_SKIES, "condition, sky, weather, conditions, outlook"),
        "temperature": number(v.integer(-12, 41), "temperature, degrees, temp, celsius"),
        "low": number(v.integer(-20, 12), "low, minimum, lowest, min, night temperature"),
        "high": number(v.integer(13, 43), "high, maximum, highest, max, day temperature"),
        "wind": number(v.integer(3, 120), "wind, wind speed, wind kmh, km per hour"),
        "humidity": number(v.integer(20, 99), "humidity, humidity percent, relative humidity"),
        "rain": number(v.decimal(0.2, 80, 1), "rain, rainfall, precipitation, rain mm, millimetres"),
        "observer": text(v.person, "observer, reported by, reporter, forecaster, measured by"),
        "sunrise": text(v.clock, "sunrise, sun rises, sun up"),
        "sunset": text(v.clock, "sunset, sun sets, sun down"),
    },
    {"sun": ("sunrise", "sunset"), "range": ("low", "high")},
)

TRAVEL: tuple[Domain, ...] = (FLIGHTS, TRAINS, BOOKINGS, RESTAURANTS, WEATHER)
