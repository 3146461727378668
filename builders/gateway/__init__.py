"""The way in: Gateway API objects of Envoy Gateway, as plain specs.

Traffic moves here and nowhere else. Each service that has a route gets one HTTPRoute a domain, whose rules say, in this
order: who has a slot's cookie stays there, everybody else is shared out by weight.
"""
