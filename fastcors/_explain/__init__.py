"""Why a decision is what it is, in words: proposals as data, and the sentences that are written from them."""
