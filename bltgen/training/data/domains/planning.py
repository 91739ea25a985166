"""Events, appointments, tickets of work, meetings."""

from __future__ import annotations

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.facts import Domain, boolean, listed, load, number, text

__all__ = ["PLANNING"]

EVENTS = load(
    "events",
    {
        "event": text(t.event, "event, title, name, event name, what, occasion"),
        "date": text(v.date, "date, when, day, event date, takes place on"),
        "time": text(v.clock, "time, start, starts at, start time, begins"),
        "end": text(v.clock, "end, ends at, end time, until, finish"),
        "venue": text(t.company, "venue, hall, place, where, hosted at"),
        "city": text(v.city, "city, location, town, place"),
        "host": text(v.person, "host, organiser, organizer, organised by, contact"),
        "speaker": text(v.person, "speaker, presenter, talk by, guest speaker"),
        "guests": listed(t.guest, "guests, attendees, participants, speakers, people", 2, 4),
        "visitors": number(v.integer(5, 9000), "visitors, attendance, guests expected, capacity, people"),
        "price": number(v.decimal(2, 300), "price, fee, ticket price, cost, entry fee"),
        "free": boolean(
            ("is free of charge", "costs nothing"), ("is not free", "charges an entry fee"), "free, is free"
        ),
    },
    {"place": ("venue", "city"), "schedule": ("date", "time", "end")},
)

TICKETS = load(
    "tickets",
    {
        "id": text(v.code, "ticket, ticket id, id, issue, case, number, reference"),
        "reporter": text(v.person, "reporter, reported by, opened by, author, user, customer"),
        "assignee": text(v.person, "assignee, assigned to, owner, agent, handled by"),
        "priority": text(
            v.choice("low", "medium", "high", "urgent", "critical", "minor", "normal"),
            "priority, severity, urgency, level",
        ),
        "status": text(
            v.choice("open", "closed", "pending", "resolved", "blocked", "reopened", "on hold"),
            "status, state, ticket status",
        ),
        "component": text(t.product, "component, device, product, subject, affected item"),
        "date": text(v.date, "date, opened on, created, reported on, created at"),
        "due": text(v.date, "due, deadline, due date, fix by"),
        "comments": number(v.integer(2, 90), "comments, replies, number of comments"),
        "version": text(t.version, "version, release, build"),
        "company": text(t.company, "company, client, organisation, account"),
        "hours": number(v.decimal(1, 40, 1), "hours, time spent, effort, estimate"),
    },
    {"people": ("reporter", "assignee"), "dates": ("date", "due")},
)

APPOINTMENTS = load(
    "appointments",
    {
        "patient": text(v.person, "patient, client, for, visitor, name, patient name, customer"),
        "doctor": text(v.person, "doctor, with, physician, practitioner, seen by, consultant"),
        "date": text(v.date, "date, day, when, appointment date"),
        "time": text(v.clock, "time, at, start, appointment time, hour"),
        "room": text(t.room, "room, where, room number, office"),
        "reason": text(t.service, "reason, purpose, treatment, subject, about"),
        "minutes": number(v.integer(10, 120, 5), "minutes, duration, length, duration minutes"),
        "clinic": text(t.company, "clinic, practice, place, hospital, centre"),
        "city": text(v.city, "city, town, location"),
        "phone": text(v.phone, "phone, telephone, callback, phone number"),
        "moved_to": text(v.date, "new date, moved to, postponed to, rescheduled to"),
        "confirmed": boolean(
            ("is confirmed", "has been confirmed"),
            ("is not confirmed", "has yet to be confirmed"),
            "confirmed",
        ),
    },
    {"slot": ("date", "time"), "place": ("clinic", "city", "room")},
)

MEETINGS = load(
    "meetings",
    {
        "topic": text(t.topic, "topic, subject, title, about, agenda"),
        "chair": text(v.person, "chair, organiser, host, led by, chaired by"),
        "date": text(v.date, "date, day, when, meeting date"),
        "time": text(v.clock, "time, start, begins, start time, at"),
        "end": text(v.clock, "end, until, end time, ends at"),
        "room": text(t.room, "room, place, where, location"),
        "people": listed(t.guest, "participants, attendees, people, invited, members", 2, 4),
        "notes": text(v.person, "notes, minutes by, note taker, minutes taken by"),
        "project": text(t.project, "project, project name, for"),
        "budget": number(v.integer(1000, 90000, 100), "budget, costs, amount, funds"),
        "next": text(v.date, "next meeting, next, next date, follow up"),
        "absent": text(v.person, "absent, missing, excused, not present"),
    },
    {"slot": ("date", "time", "end"), "roles": ("chair", "notes")},
)

PLANNING: tuple[Domain, ...] = (EVENTS, TICKETS, APPOINTMENTS, MEETINGS)
