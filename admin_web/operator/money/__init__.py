"""Payouts, reports, vouchers, the books."""
