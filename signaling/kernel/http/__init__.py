"""REST: who asks, which row answers, what is wrong in words, the document that describes it all.

Owns the route table's behaviour and the session cookie's name. Promises that every error under
`/api` is a problem document (RFC 9457) and that nothing another site's page sends is carried out.
Knows no feature and no record.
"""
