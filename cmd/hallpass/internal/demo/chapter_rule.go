package demo

// ruleApproves is access that needs nobody: a rule of the policy names it.
func ruleApproves() chapter {
	return chapter{"A rule approves at once", []step{
		refused("no access yet", maya, "billing-db"),
		asks(maya, "read only on billing-db for 20 minutes, refund stuck, INC-4312", "Billing database", "20 minutes", "INC-4312"),
		sends(maya, "Billing database", "You have access", "read-only-with-ticket", "until"),
		works(maya, "billing-db"),
		done(maya, "Billing database"),
		refused("access is gone", maya, "billing-db"),
	}}
}
