"""Orders, products and invoices."""

from __future__ import annotations

from bltgen.training.data import values as v
from bltgen.training.data.document import Number
from bltgen.training.data.facts import Domain, Fact, boolean, listed, number, text
from bltgen.training.data.values import Draw

__all__ = ["COMMERCE"]


def _item(d: Draw) -> Fact:
    count, name = str(2 + d.below(30)), v.things(d)
    return Fact(f"{count} {name}", {"name": name, "quantity": Number(count)})


def _thing(d: Draw) -> Fact:
    name = v.product(d)
    return Fact(name, name)


_ORDER = Domain(
    name="orders",
    fields={
        "id": text(v.code, "order id, id, order number, order, number, reference, order no"),
        "customer": text(v.person, "customer, buyer, client, customer name, ordered by, name"),
        "product": text(v.product, "product, item, article, goods, product name"),
        "quantity": number(v.integer(2, 400), "quantity, amount, count, units, qty, pieces"),
        "items": listed(_item, "items, products, lines, order lines, goods"),
        "total": number(v.decimal(3, 900), "total, price, sum, total price, cost, amount due"),
        "date": text(v.date, "date, order date, ordered on, placed on"),
        "delivery": text(v.date, "delivery date, delivery, arrives on, due, expected"),
        "city": text(v.city, "city, destination, ship to, delivery city, town"),
        "street": text(v.street_address, "street, address, delivery address, street address"),
        "carrier": text(v.company, "carrier, shipped by, courier, shipper"),
        "paid": boolean(
            ("has been paid", "is paid", "was paid in full"),
            ("has not been paid", "is unpaid", "is still unpaid"),
            "paid, is paid, settled",
        ),
    },
    groups={"shipping": ("city", "street", "carrier", "delivery")},
    subjects=(
        "order {id}",
        "the order {id}",
        "order no. {id}",
        "the order of {customer}",
        "{customer}'s order",
        "order {id} ({customer})",
        "order {id} by {customer}",
        "the parcel for {customer}",
    ),
    pronouns=("it", "the order", "this order"),
    phrases=(
        "contains {items}",
        "is for {items}",
        "consists of {items}",
        "costs {total} [euros|dollars|pounds]",
        "comes to ${total}",
        "was placed on {date}",
        "will arrive on {delivery}",
        "is going to {city}",
        "ships to {street}, {city}",
        "is shipped by {carrier}",
        "{paid}",
        "is expected on {delivery}",
        "leaves for {city} [soon|tomorrow|]",
        "has a total of {total} [EUR|USD|GBP]",
    ),
    held_out_phrases=(
        "holds {items}",
        "amounts to {total} [euros|dollars]",
        "dates from {date}",
        "should reach {city} by {delivery}",
        "travels with {carrier}",
        "goes out to {street}",
    ),
    sentences=(
        "{customer} ordered {items}.",
        "{customer} [bought|ordered|purchased] {items} for [${total}|{total} euros].",
        "I would like to order {items}, please. My name is {customer}.",
        "Please send {items} to {customer}, {street}, {city}.",
        "Order {id}: {items} for {customer}.",
        "On {date}, {customer} ordered {items}.",
        "{customer} from {city} ordered {items} [on {date}|].",
        "We shipped {items} to {customer} in {city}.",
        "Order {id} was placed by {customer} on {date}.",
        "{customer} paid {total} [euros|dollars|pounds] for {items}.",
        "Your order {id} of {items} will arrive on {delivery}.",
        "Dear {customer}, your order {id} has been shipped to {city}.",
        "{quantity} pieces of the {product} were ordered by {customer}.",
        "{customer} wants {quantity} units of the {product}.",
        "The order of {customer} ({id}) costs {total} [euros|dollars].",
        "{carrier} delivers order {id} to {city} on {delivery}.",
        "Order {id} goes to {street}, {city}, with {carrier}.",
        "For {customer}: {items}, to be delivered on {delivery}.",
        "The {product} was bought by {customer} for {total} [euros|dollars].",
        "Can you send the {product} to {city}? I am {customer}.",
        "Thank you, {customer}! You will get {items} on {delivery}.",
        "Our client {customer} needs {items} by {delivery}.",
        "New order from {customer}: {items}.",
        "{items} for {customer}, please, to {street}.",
        "Hi, {customer} here, I ordered the {product} on {date}, order {id}.",
        "The {product} of order {id} costs {total} [euros|dollars].",
        "{customer} sent back the {product} bought on {date}.",
        "Invoice for {customer}: {quantity} x {product}, {total} in all.",
        "Total for order {id}: {total}.",
        "Deliver {quantity} of the {product} to {street}, {city}.",
    ),
    held_out=(
        "We have a request by {customer} for {items}.",
        "{customer} is waiting in {city} for {items}.",
        "Under number {id} you will find {items}, bought by {customer}.",
        "{total} [euros|dollars] is what {customer} spent on {items}.",
        "{items} left for {city} on {date}.",
        "Kindly reserve {items} in the name of {customer}.",
        "The buyer is {customer} and the goods are {items}.",
        "Once {carrier} has picked up {id}, tell {customer}.",
    ),
    asides=(
        "The shop in {~city} is closed.",
        "Order {~id} was cancelled.",
        "{~customer} has not ordered anything yet.",
        "Shipping costs {~total}.",
        "It was packed by {~customer}.",
        "The {~product} is sold out.",
        "A voucher of {~total} was not used.",
    ),
)

COMMERCE = (_ORDER,)
