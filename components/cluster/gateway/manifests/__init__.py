"""Gateway API objects of Envoy Gateway, as plain specs.

All traffic shifts happen here. Each service with a route gets one HTTPRoute per domain. Its rules, in this order:
visitors with a slot's cookie stay in that slot, all others are split by weight.
"""
