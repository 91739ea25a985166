"""People, firms, vacancies, courses, pets."""

from __future__ import annotations

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.document import Number
from bltgen.training.data.facts import Domain, Fact, boolean, listed, load, number, text
from bltgen.training.data.values import Draw

__all__ = ["SOCIETY"]

_HOBBIES = v.choice(
    *[
        "chess",
        "sailing",
        "pottery",
        "gardening",
        "climbing",
        "painting",
        "cycling",
        "baking",
        "fishing",
        "dancing",
        "skiing",
        "archery",
        "knitting",
    ],
    *[
        "photography",
        "astronomy",
        "running",
        "swimming",
        "hiking",
        "rowing",
        "fencing",
        "singing",
        "juggling",
        "surfing",
        "reading",
        "yoga",
    ],
)
_INDUSTRIES = v.choice(
    *[
        "steel",
        "farming",
        "banking",
        "tourism",
        "software",
        "fashion",
        "shipping",
        "mining",
        "energy",
        "education",
        "publishing",
        "retail",
    ],
    *["logistics", "robotics", "brewing", "insurance", "forestry", "aviation"],
)
_SPECIES = v.choice(
    *[
        "dog",
        "cat",
        "parrot",
        "rabbit",
        "hamster",
        "goat",
        "horse",
        "tortoise",
        "ferret",
        "donkey",
        "canary",
        "goldfish",
        "gecko",
        "pony",
        "sheep",
        "hen",
    ]
)
_DEPARTMENTS = v.choice(
    *[
        "sales",
        "marketing",
        "finance",
        "research",
        "support",
        "legal",
        "logistics",
        "design",
        "purchasing",
        "security",
    ]
)

PEOPLE = load(
    "people",
    {
        "name": text(v.person, "name, full name, person, person name, who, individual"),
        "age": number(v.integer(3, 97), "age, years, age in years, years old"),
        "city": text(v.city, "city, town, residence, home, lives in, location, home town, place"),
        "job": text(v.job, "job, occupation, profession, role, position, work, job title"),
        "employer": text(t.company, "employer, company, works for, organisation, workplace, firm"),
        "birthplace": text(v.city, "birthplace, born in, place of birth, origin, native town"),
        "birthday": text(v.date, "birthday, date of birth, birth date, born on, dob"),
        "country": text(v.country, "country, nation, nationality, homeland"),
        "email": text(v.email, "email, e-mail, mail, email address, contact"),
        "phone": text(v.phone, "phone, telephone, phone number, mobile, tel"),
        "children": number(v.integer(1, 7), "children, kids, number of children"),
        "married": boolean(
            ("is married", "has a husband", "has a wife"),
            ("is single", "is not married"),
            "married, is married",
        ),
        "hobbies": listed(_HOBBIES, "hobbies, interests, likes, pastimes"),
        "height": number(v.integer(150, 205), "height, height cm, tall"),
        "partner": text(v.person, "partner, spouse, married to, companion"),
        "street": text(v.street_address, "street, address line, street address"),
        "postcode": text(v.postcode, "postcode, zip, postal code, zip code"),
    },
    {"address": ("street", "city", "postcode", "country"), "contact": ("email", "phone")},
)

FIRMS = load(
    "firms",
    {
        "company": text(t.company, "company, name, firm, company name, business, organisation"),
        "city": text(v.city, "city, headquarters, head office, based in, location, seat, town"),
        "country": text(v.country, "country, nation, state"),
        "founder": text(v.person, "founder, founded by, started by, creator"),
        "founded": number(v.year, "founded, year, founding year, founded in, since, established"),
        "chief": text(v.person, "ceo, chief executive, director, boss, head, led by, manager"),
        "employees": number(v.integer(3, 90000), "employees, staff, headcount, workers, number of employees"),
        "revenue": number(v.decimal(1, 900, 1), "revenue, turnover, sales, revenue millions"),
        "industry": text(_INDUSTRIES, "industry, sector, branch, field"),
        "product": text(t.things, "product, products, makes, main product, sells"),
        "phone": text(v.phone, "phone, telephone, phone number, hotline"),
        "email": text(v.email, "email, e-mail, contact, mail"),
        "buyer": text(t.company, "buyer, owner, parent, parent company, acquired by, bought by"),
        "offices": listed(v.city, "offices, locations, branches, sites, cities", 2, 3),
    },
    {"headquarters": ("city", "country"), "contact": ("phone", "email")},
)

VACANCIES = load(
    "vacancies",
    {
        "job": text(v.job, "title, job, position, job title, role, vacancy, opening"),
        "company": text(t.company, "company, employer, firm, organisation, hiring company"),
        "city": text(v.city, "city, location, place of work, town, office"),
        "salary": number(v.integer(18000, 140000, 500), "salary, pay, wage, annual salary, income"),
        "hours": number(v.integer(10, 44), "hours, weekly hours, hours per week"),
        "deadline": text(v.date, "deadline, apply by, closing date, closes on"),
        "start": text(v.date, "start, start date, starts on, from, begins"),
        "contact": text(v.person, "contact, contact person, recruiter, apply to"),
        "email": text(v.email, "email, e-mail, apply at, contact email"),
        "experience": number(v.integer(1, 12), "experience, years of experience, years"),
        "remote": boolean(
            ("can be done from home", "is fully remote", "allows remote work"),
            ("must be done on site", "is not remote", "allows no remote work"),
            "remote, is remote, home office",
        ),
        "department": text(_DEPARTMENTS, "department, team, unit, division"),
    },
    {"employer": ("company", "city"), "application": ("contact", "email", "deadline")},
)

COURSES = load(
    "courses",
    {
        "course": text(t.subject, "course, title, class, name, subject, course name"),
        "teacher": text(v.person, "teacher, lecturer, instructor, taught by, professor, tutor"),
        "room": text(t.room, "room, classroom, where, hall"),
        "day": text(v.weekday, "day, weekday, when"),
        "time": text(v.clock, "time, start, starts at, start time"),
        "students": number(v.integer(3, 320), "students, participants, enrolled, size, class size"),
        "credits": number(v.integer(1, 12), "credits, points, credit points"),
        "weeks": number(v.integer(2, 30), "weeks, duration, length, duration weeks"),
        "fee": number(v.decimal(10, 2500), "fee, price, cost, tuition"),
        "start": text(v.date, "start date, begins on, first day, start"),
        "exam": text(v.date, "exam, exam date, test, final exam"),
        "code": text(v.code, "code, course code, id, course id, number"),
        "school": text(v.city, "school, college, campus, city, place"),
    },
    {"schedule": ("day", "time", "room"), "dates": ("start", "exam")},
)

PETS = load(
    "pets",
    {
        "pet": text(v.first_name, "name, pet, pet name, animal, called"),
        "species": text(_SPECIES, "species, kind, animal, type"),
        "owner": text(v.person, "owner, belongs to, keeper, owned by, human"),
        "age": number(v.integer(1, 30), "age, years, age in years"),
        "weight": number(v.decimal(1, 90, 1), "weight, weight kg, kilos, kg"),
        "colour": text(t.colour, "colour, color, fur colour, coat"),
        "city": text(v.city, "city, town, lives in, home, place"),
        "vet": text(v.person, "vet, veterinarian, doctor, treated by"),
        "chip": text(v.code, "chip, chip number, id, tag, chip id"),
        "visit": text(v.date, "visit, next visit, appointment, visit date, date"),
        "food": text(t.dish, "food, favourite food, eats, treat"),
        "vaccinated": boolean(
            ("has been vaccinated", "is vaccinated"),
            ("has not been vaccinated", "is not vaccinated"),
            "vaccinated",
        ),
    },
    {"keeper": ("owner", "city"), "care": ("vet", "visit")},
)


def _aged(d: Draw) -> Fact:
    name, age = t.guest(d), str(4 + d.below(80))
    said = d.pick(("{n} ({a})", "{n}, {a},", "{n} aged {a}", "{n} who is {a}")).format(n=name, a=age)
    return Fact(said.strip(","), {"member": name, "age": Number(age)})


def _posted(d: Draw) -> Fact:
    name, job = t.guest(d), v.job(d)
    article = "an" if job[0] in "aeio" else "a"
    said = d.pick(("{n} ({j})", "{n} as {j}", "{n}, {x} {j}")).format(n=name, j=job, x=article)
    return Fact(said, {"member": name, "post": job})


GROUPS = load(
    "groups",
    {
        "group": text(t.project, "group, team, name, team name, club"),
        "members": listed(_aged, "members, people, players, children, persons", 2, 3),
        "staff": listed(_posted, "staff, employees, team members, crew, colleagues", 2, 3),
        "leader": text(v.person, "leader, head, led by, captain, manager"),
        "city": text(v.city, "city, town, place, location"),
        "since": number(v.recent_year, "since, founded, year, founding year"),
        "size": number(v.integer(5, 60), "size, number of members, member count, headcount"),
    },
    {"about": ("city", "since")},
)

SOCIETY: tuple[Domain, ...] = (PEOPLE, FIRMS, VACANCIES, COURSES, PETS, GROUPS)
