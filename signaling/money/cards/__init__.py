"""Card payments through Stripe: top-ups, refunds to the card.

Owns no record; Stripe's metadata and the books' keys carry what must be known again. Promises that
a payment is credited once however often Stripe tells of it. Does not hold card data.
"""
