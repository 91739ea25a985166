"""Events, appointments and tickets of work."""

from __future__ import annotations

from bltgen.training.data import values as v
from bltgen.training.data.facts import Domain, Fact, boolean, listed, number, text
from bltgen.training.data.values import Draw

__all__ = ["PLANNING"]


def _guest(d: Draw) -> Fact:
    name = v.full_name(d) if d.chance(0.5) else v.first_name(d)
    return Fact(name, name)


def _event(d: Draw) -> str:
    r = d.rng.random()
    kind = d.pick(_EVENTS)
    if r < 0.3:
        return f"{d.pick(v.__dict__['_MONTHS'])} {kind}" if d.chance(0.3) else f"{v.word(d)} {kind}"
    if r < 0.7:
        return f"{d.word()} {kind}"
    return f"{v.word(d).capitalize()} {v.word(d).capitalize()} {kind}"


_EVENTS = [
    "Festival",
    "Conference",
    "Workshop",
    "Fair",
    "Concert",
    "Summit",
    "Meetup",
    "Marathon",
    "Exhibition",
    "Gala",
    "Seminar",
    "Parade",
    "Cup",
    "Market",
    "Retreat",
    "Lecture",
]

_EVENT = Domain(
    name="events",
    fields={
        "event": text(_event, "event, title, name, event name, what, occasion"),
        "date": text(v.date, "date, when, day, event date, takes place on"),
        "time": text(v.clock, "time, start, starts at, start time, begins"),
        "end": text(v.clock, "end, ends at, end time, until, finish"),
        "venue": text(v.company, "venue, hall, place, where, hosted at"),
        "city": text(v.city, "city, location, town, place"),
        "host": text(v.person, "host, organiser, organizer, organised by, contact"),
        "speaker": text(v.person, "speaker, presenter, talk by, guest speaker"),
        "guests": listed(_guest, "guests, attendees, participants, speakers, people", 2, 4),
        "visitors": number(v.integer(5, 9000), "visitors, attendance, guests expected, capacity, people"),
        "price": number(v.decimal(2, 300), "price, fee, ticket price, cost, entry fee"),
        "free": boolean(
            ("is free of charge", "costs nothing"), ("is not free", "charges an entry fee"), "free, is free"
        ),
    },
    groups={"place": ("venue", "city"), "schedule": ("date", "time", "end")},
    subjects=(
        "the {event}",
        "the {event}",
        "the {event} in {city}",
        "the {event} at {venue}",
        "the {event} on {date}",
        "{host}'s {event}",
    ),
    pronouns=("it", "the event", "this event"),
    phrases=(
        "takes place on {date}",
        "takes place in {city}",
        "takes place in {city} on {date}",
        "starts at {time}",
        "begins at {time} and ends at {end}",
        "runs from {time} to {end}",
        "is held at {venue}",
        "is organised by {host}",
        "costs {price} [euros|dollars]",
        "{free}",
        "expects {visitors} visitors",
        "will be opened by {speaker}",
        "has a talk by {speaker}",
        "ends at {end}",
        "will be held on {date} at {time}",
        "welcomes {guests}",
        "drew {visitors} people [last year|]",
        "brings {guests} to {city}",
        "moved from {~city} to {city}",
    ),
    held_out_phrases=(
        "opens its doors at {time}",
        "closes at {end}",
        "is planned for {date}",
        "finds its home in {city}",
        "has {host} in charge",
        "asks {price} [euros|dollars] at the door",
        "counts on {visitors} guests",
        "features {speaker}",
    ),
    sentences=(
        "The {event} takes place in {city} on {date}.",
        "Join us for the {event} on {date} at {time}.",
        "On {date}, {city} hosts the {event}.",
        "{host} invites you to the {event} on {date} in {city}.",
        "{speaker} will speak at the {event} in {city}.",
        "Tickets for the {event} cost {price} [euros|dollars].",
        "The {event} starts at {time} and ends at {end}.",
        "Come to {venue} on {date} for the {event}.",
        "From {time} to {end}, {host} leads the {event}.",
        "Around {visitors} people came to the {event} in {city}.",
        "Save the date: {event}, {date}, {city}.",
        "{guests} will attend the {event} on {date}.",
        "{host} has organised the {event} at {venue}.",
        "We meet at {time} at {venue} in {city}.",
        "Doors open at {time}; the {event} costs {price} [euros|dollars].",
        "The {event} was moved from {~date} to {date}.",
        "Not {~city} but {city} will host the {event}.",
        "{visitors} visitors are expected at the {event} on {date}.",
        "Would you like to come to the {event} at {time}? It is at {venue}.",
        "Dear all, the {event} is on {date} at {time}. Best, {host}",
        "You are invited: {event} at {venue}, {date}, {time}.",
        "This year's {event} brings {guests} to {city}.",
        "In {city}, the {event} begins on {date}.",
        "{event}: {date}, {time}, {venue}.",
        "With {speaker} as guest, the {event} fills {venue}.",
        "{host} and {speaker} run the {event}.",
        "For the {event} we booked {venue} in {city}.",
        "The entry fee of the {event} is {price}.",
        "Reminder: {event} on {date} at {time}.",
        "The {event} with {guests} starts at {time}.",
    ),
    held_out=(
        "Mark {date} in your calendar, for the {event} returns to {city}.",
        "Nothing in {city} beats the {event}, and {host} runs it.",
        "Be at {venue} by {time} or you will miss the {event}.",
        "{price} [euros|dollars] buys a seat at the {event} on {date}.",
        "Among those at the {event} are {guests}.",
        "When {host} opens the {event} at {time}, {visitors} people will be there.",
        "The programme of the {event} lists {speaker} at {time}.",
    ),
    asides=(
        "The {~event} was cancelled.",
        "Last year it was held in {~city}.",
        "Parking costs {~price}.",
        "{~host} cannot come.",
        "Lunch is at {~time}.",
        "Registration closed on {~date}.",
    ),
)

_TICKET = Domain(
    name="tickets",
    fields={
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
        "component": text(v.product, "component, device, product, subject, affected item"),
        "date": text(v.date, "date, opened on, created, reported on, created at"),
        "due": text(v.date, "due, deadline, due date, fix by"),
        "comments": number(v.integer(2, 90), "comments, replies, number of comments"),
        "version": text(lambda d: f"{d.below(9)}.{d.below(20)}.{d.below(10)}", "version, release, build"),
        "company": text(v.company, "company, client, organisation, account"),
        "hours": number(v.decimal(1, 40, 1), "hours, time spent, effort, estimate"),
    },
    groups={"people": ("reporter", "assignee"), "dates": ("date", "due")},
    subjects=(
        "ticket {id}",
        "ticket {id}",
        "the ticket {id}",
        "issue {id}",
        "case {id}",
        "ticket {id} from {reporter}",
        "the {priority} ticket {id}",
        "{reporter}'s ticket {id}",
    ),
    pronouns=("it", "the ticket", "this issue"),
    phrases=(
        "was opened by {reporter}",
        "was opened on {date}",
        "is assigned to {assignee}",
        "has priority {priority}",
        "has {priority} priority",
        "is {status}",
        "is about the {component}",
        "concerns the {component}",
        "must be fixed by {due}",
        "is due on {due}",
        "has {comments} comments",
        "affects version {version}",
        "was reported by {company}",
        "took {hours} hours",
        "was reassigned from {~assignee} to {assignee}",
        "was reported by {reporter} of {company}",
        "is now marked as {status}",
    ),
    held_out_phrases=(
        "lies with {assignee}",
        "came in from {reporter}",
        "ranks as {priority}",
        "stands at {status}",
        "deals with a broken {component}",
        "dates back to {date}",
        "has to be done by {due}",
        "drew {comments} replies",
        "shows up in release {version}",
    ),
    sentences=(
        "Ticket {id} was opened by {reporter} on {date}.",
        "{reporter} reports that the {component} is broken (ticket {id}).",
        "Ticket {id} is {status} and assigned to {assignee}.",
        "{assignee} is working on {id}, which is due on {due}.",
        "{reporter} opened {id} with {priority} priority.",
        "Please assign {id} to {assignee}.",
        "{id} - {reporter}: the {component} does not work.",
        "Since version {version}, the {component} of {reporter} fails.",
        "The {component} fails in version {version}, says {reporter}.",
        "{company} complains about the {component}; see {id}.",
        "{assignee} closed ticket {id} after {hours} hours.",
        "{assignee} spent {hours} hours on {id}.",
        "Status of {id}: {status}, priority {priority}.",
        "With {comments} comments, {id} is still {status}.",
        "{reporter} from {company} cannot use the {component}.",
        "{id} ({priority}) must be done by {due}.",
        "Hi, this is {reporter} from {company}. My {component} is broken.",
        "The ticket about the {component} is {status}.",
        "We set {id} to {status} on {date}.",
        "{assignee} took over {id} from {~assignee}.",
        "{reporter} wrote on {date} that the {component} is broken.",
        "Until {due}, {assignee} has to repair the {component}.",
        "Issue {id}, opened by {reporter}, affects version {version}.",
        "On {date} {assignee} marked {id} as {status}.",
        "Who handles {id}? It is {assignee}, and the priority is {priority}.",
        "A {priority} issue with the {component} was reported by {reporter}.",
        "Ticket {id}: {component}, {priority}, {status}.",
        "Fixing the {component} took {assignee} {hours} hours.",
        "{company} wants {id} fixed by {due}.",
        "The reporter of {id} is {reporter}; the owner is {assignee}.",
    ),
    held_out=(
        "According to {reporter}, the {component} stopped working on {date}.",
        "{id} landed on the desk of {assignee}.",
        "Nobody but {assignee} can fix the {component} of {reporter}.",
        "It was {reporter} who found the bug in {version}, now filed as {id}.",
        "As long as {id} is {status}, {company} will not pay.",
        "{due} is the deadline for {id}.",
        "Give {id} to {assignee}, and mark it as {priority}.",
    ),
    asides=(
        "See also {~id}.",
        "{~reporter} has the same problem.",
        "It worked until {~date}.",
        "Version {~version} is not affected.",
        "{~assignee} is on holiday.",
        "This is not a duplicate of {~id}.",
    ),
)

PLANNING = (_EVENT, _TICKET)
