package demo

import "strings"

// functions are the job families of the example organisation, by title. Seniors
// and contractors do the work of their title.
var functions = map[string]string{
	"Staff Engineer": "Architecture", "Platform Engineer": "Infrastructure engineering", "Site Reliability Engineer": "Service operations",
	"Data Engineer": "Data engineering", "Database Engineer": "Database administration", "Backend Engineer": "Backend development",
	"Frontend Engineer": "Frontend development", "Mobile Engineer": "Mobile development", "QA Engineer": "Quality assurance",
	"Security Engineer": "Information security", "IAM Engineer": "Access management", "IT Specialist": "Workplace technology",
	"Support Operations Analyst": "Support operations", "Billing Support Engineer": "Customer support, technical",
	"Billing Support Specialist": "Customer support, billing", "Technical Support Engineer": "Customer support, technical",
	"FP&A Analyst": "Financial planning", "Financial Controller": "Financial control", "Accountant": "General ledger",
	"Accounts Payable Specialist": "Payables", "Payroll Specialist": "Payroll", "Account Executive": "Sales, closing",
	"Sales Development Representative": "Sales, prospecting", "Solutions Engineer": "Sales, technical",
	"Marketing Manager": "Campaigns", "Content Designer": "Design", "Product Manager": "Product management",
	"Product Designer": "Design", "Data Analyst": "Analytics", "People Partner": "People partnering", "Recruiter": "Recruiting",
	"Counsel": "Legal advice", "Compliance Analyst": "Compliance",
}

// functionOf is the work behind a title. Whoever leads a team leads people.
func functionOf(title string) string {
	title = strings.TrimPrefix(strings.TrimPrefix(title, "Contract "), "Senior ")
	if f, ok := functions[title]; ok {
		return f
	}
	return "Leadership"
}
