"""The PokitDok Platform API v4, on the layer `api`.

- `session`: PokitDokSession, with credentials from the environment
- `resources`: one mixin per family of endpoints; `types`: their bodies and replies
- `envelope`, `errors`: `meta` and `data`, the two kinds of 403, rejections
- `activities`: waiting for an activity
- `sent_calls`: finds the activity of a call in doubt
- `x12`: the formats of a transaction
"""
