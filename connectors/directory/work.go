package directory

// Functions are the attributes of SCIM's enterprise extension (RFC 7643, section
// 4.3) that may tell what somebody's work is. Which of them does differs from
// one organisation to the next: there is no default.
var Functions = []string{"costCenter", "division", "organization"}

// Work is these attributes of one user.
type Work struct {
	CostCenter   string `json:"costCenter" document:"costCenter"`
	Division     string `json:"division" document:"division"`
	Organization string `json:"organization" document:"organization"`
}

// Function is the named one of Functions; of any other name nothing is known.
func (w Work) Function(attribute string) string {
	switch attribute {
	case "costCenter":
		return w.CostCenter
	case "division":
		return w.Division
	case "organization":
		return w.Organization
	}
	return ""
}
