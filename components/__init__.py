"""How systems become resources: thin components that wire builders to the clouds and the cluster."""
