"""Orders, products, invoices, shipments, payments, vehicles, homes."""

from __future__ import annotations

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.document import Number
from bltgen.training.data.facts import Domain, Fact, boolean, listed, load, number, text
from bltgen.training.data.values import Draw

__all__ = ["COMMERCE"]


def _item(d: Draw) -> Fact:
    count, name = str(2 + d.below(30)), t.things(d)
    return Fact(f"{count} {name}", {"item": name, "quantity": Number(count)})


def _priced(d: Draw) -> Fact:
    name, price = t.product(d), v.decimal(2, 400)(d)
    said = d.pick(("{a} {n} for {p} euros", "{a} {n} at {p}", "{a} {n} ({p} dollars)"))
    article = "an" if name[0].lower() in "aeio" else "a"
    return Fact(said.format(a=article, n=name, p=price), {"item": name, "price": Number(price)})


ORDERS = load(
    "orders",
    {
        "id": text(v.code, "order id, id, order number, order, number, reference, order no"),
        "customer": text(v.person, "customer, buyer, client, customer name, ordered by, name"),
        "product": text(t.product, "product, item, article, goods, product name"),
        "quantity": number(v.integer(2, 400), "quantity, amount, count, units, qty, pieces"),
        "items": listed(_item, "items, products, lines, order lines, goods"),
        "basket": listed(_priced, "basket, purchases, articles, cart, bought, priced items", 1, 2),
        "total": number(v.decimal(3, 900), "total, price, sum, total price, cost, amount due"),
        "date": text(v.date, "date, order date, ordered on, placed on"),
        "delivery": text(v.date, "delivery date, delivery, arrives on, due, expected"),
        "city": text(v.city, "city, destination, ship to, delivery city, town"),
        "street": text(v.street_address, "street, address, delivery address, street address"),
        "carrier": text(t.company, "carrier, shipped by, courier, shipper"),
        "paid": boolean(
            ("has been paid", "is paid", "was paid in full"),
            ("has not been paid", "is unpaid", "is still unpaid"),
            "paid, is paid, settled",
        ),
    },
    {"shipping": ("city", "street", "carrier", "delivery")},
)

PRODUCTS = load(
    "products",
    {
        "product": text(t.product, "product, name, item, title, article, product name"),
        "brand": text(t.company, "brand, maker, manufacturer, made by, vendor, producer"),
        "price": number(v.decimal(2, 1900), "price, cost, unit price, retail price, amount"),
        "old_price": number(v.decimal(2, 1900), "old price, previous price, was, price before"),
        "stock": number(v.integer(2, 900), "stock, in stock, units, quantity, available"),
        "colour": text(t.colour, "colour, color, finish, shade"),
        "weight": number(v.decimal(0.2, 60, 1), "weight, weight kg, kg, mass"),
        "rating": number(v.decimal(1, 5, 1), "rating, stars, score, average rating"),
        "warranty": number(v.integer(2, 10), "warranty, warranty years, guarantee, years of warranty"),
        "sku": text(v.code, "sku, id, article number, item number, code, product code"),
        "material": text(t.material, "material, made of, fabric"),
        "country": text(v.country, "country, made in, origin, country of origin"),
        "seller": text(t.company, "seller, shop, sold by, store, retailer"),
        "colours": listed(t.colour, "colours, colors, variants, available colours", 2, 3),
        "reviews": number(v.integer(2, 5000), "reviews, number of reviews, ratings"),
    },
    {"pricing": ("price", "old_price"), "maker": ("brand", "country"), "feedback": ("rating", "reviews")},
)

INVOICES = load(
    "invoices",
    {
        "number": text(v.code, "invoice number, invoice, number, id, invoice id, invoice no"),
        "supplier": text(t.company, "supplier, vendor, from, issuer, issued by, seller"),
        "customer": text(v.person, "customer, billed to, client, recipient, payer, bill to"),
        "amount": number(v.decimal(5, 9000), "amount, total, sum, amount due, invoice total, balance"),
        "tax": number(v.decimal(1, 900), "tax, vat, sales tax, tax amount"),
        "issued": text(v.date, "date, issued, invoice date, issued on, dated"),
        "due": text(v.date, "due date, due, payable by, pay by, payment due"),
        "account": text(v.code, "account, account number, bank account, iban"),
        "service": text(t.service, "service, description, for, work, subject"),
        "hours": number(v.decimal(1, 80, 1), "hours, hours worked, time"),
        "rate": number(v.integer(15, 190), "rate, hourly rate, price per hour"),
        "discount": number(v.integer(2, 40), "discount, discount percent, rebate"),
        "paid": boolean(
            ("has been paid", "is settled", "was paid"),
            ("is still open", "has not been paid"),
            "paid, is paid, settled",
        ),
    },
    {"payment": ("account", "due"), "amounts": ("amount", "tax")},
)

SHIPMENTS = load(
    "shipments",
    {
        "tracking": text(
            v.code, "tracking number, tracking, id, parcel, shipment id, parcel number, tracking code"
        ),
        "sender": text(v.person, "sender, from, sent by, shipper, consignor"),
        "recipient": text(v.person, "recipient, to, addressee, receiver, sent to"),
        "origin": text(v.city, "origin, from city, sent from, source, place of dispatch"),
        "destination": text(v.city, "destination, to city, going to, target, delivery place"),
        "weight": number(v.decimal(0.2, 40, 1), "weight, weight kg, kg, mass"),
        "carrier": text(t.company, "carrier, courier, shipped by, service, transport"),
        "sent": text(v.date, "sent, sent on, dispatch date, shipped on, date"),
        "arrival": text(v.date, "arrival, arrives on, expected, delivery date, eta"),
        "content": text(t.things, "content, contents, contains, goods, what"),
        "pieces": number(v.integer(2, 60), "pieces, boxes, parcels, number of boxes"),
        "value": number(v.decimal(5, 3000), "value, worth, insured value, declared value"),
        "street": text(v.street_address, "street, address, delivery address, street address"),
    },
    {"route": ("origin", "destination"), "dates": ("sent", "arrival")},
)

PAYMENTS = load(
    "payments",
    {
        "payer": text(v.person, "payer, sender, from, paid by, debtor"),
        "payee": text(v.person, "payee, recipient, to, paid to, creditor, beneficiary"),
        "amount": number(v.decimal(2, 9000), "amount, sum, value, total, transferred"),
        "date": text(v.date, "date, paid on, value date, transfer date, booked on"),
        "reference": text(v.code, "reference, id, transaction, transaction id, payment reference"),
        "bank": text(t.company, "bank, through, via, institution"),
        "purpose": text(t.service, "purpose, for, reason, subject, description"),
        "account": text(v.code, "account, account number, to account, iban"),
        "fee": number(v.decimal(0.2, 40), "fee, charge, commission, transfer fee"),
        "balance": number(v.decimal(10, 20000), "balance, new balance, remaining balance"),
    },
    {"parties": ("payer", "payee"), "target": ("account", "bank")},
)

VEHICLES = load(
    "vehicles",
    {
        "model": text(t.vehicle, "model, vehicle, car, name, make"),
        "owner": text(v.person, "owner, driver, belongs to, holder, keeper"),
        "year": number(v.recent_year, "year, built, year built, model year, first registered"),
        "mileage": number(v.integer(2000, 240000, 10), "mileage, kilometres, km, odometer, distance"),
        "price": number(v.integer(500, 60000, 50), "price, cost, asking price, amount"),
        "colour": text(t.colour, "colour, color, paint"),
        "plate": text(v.code, "plate, licence plate, registration, number plate, license plate"),
        "city": text(v.city, "city, location, place, town, parked in"),
        "dealer": text(t.company, "dealer, seller, sold by, garage"),
        "seats": number(v.integer(2, 9), "seats, number of seats, places"),
        "power": number(v.integer(40, 400), "power, horsepower, hp, engine power"),
        "inspection": text(v.date, "inspection, next inspection, inspection date, inspected on"),
    },
    {"registration": ("plate", "owner"), "sale": ("price", "dealer")},
)

HOMES = load(
    "homes",
    {
        "street": text(v.street_address, "street, address, street address, location"),
        "city": text(v.city, "city, town, place, situated in"),
        "postcode": text(v.postcode, "postcode, zip, postal code, zip code"),
        "country": text(v.country, "country, nation, state"),
        "rooms": number(v.integer(2, 9), "rooms, number of rooms, room count"),
        "area": number(v.integer(20, 400), "area, size, square metres, living area, floor area"),
        "rent": number(v.integer(250, 4000, 5), "rent, monthly rent, rent per month, price"),
        "agent": text(v.person, "agent, contact, broker, estate agent"),
        "tenant": text(v.person, "tenant, resident, occupant, lives there, rented by"),
        "phone": text(v.phone, "phone, telephone, phone number, contact phone"),
        "free_from": text(v.date, "free from, available from, available, move in, vacant from"),
        "floor": number(v.integer(1, 30), "floor, storey, level"),
        "built": number(v.year, "built, year, year built, construction year"),
        "garden": boolean(
            ("has a garden", "comes with a garden"), ("has no garden", "lacks a garden"), "garden, has garden"
        ),
    },
    {"address": ("street", "city", "postcode", "country"), "contact": ("agent", "phone")},
)

COMMERCE: tuple[Domain, ...] = (ORDERS, PRODUCTS, INVOICES, SHIPMENTS, PAYMENTS, VEHICLES, HOMES)
