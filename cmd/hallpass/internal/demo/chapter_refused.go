package demo

// policyRefuses is a request that nobody can approve: the policy says why.
func policyRefuses() chapter {
	return chapter{"The policy refuses", []step{
		asks(chris, "read-write on orders-db for 1 hour, fix a broken order, INC-77", "Orders database"),
		sends(chris, "Orders database", "Denied by policy", "Contractors do not change production"),
	}}
}
