package approvals

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FieldTextAtMost is the longest text that a field takes, in runes;
// FieldNumberAtMost the largest number.
const (
	FieldTextAtMost   = 200
	FieldNumberAtMost = 999_999_999
)

// Check says what is wrong with a value (CodeInvalid), in words for the person
// who gave it. An empty value is none.
func (f Field) Check(value string) error {
	if value == "" {
		if f.Required {
			return Errorf(CodeInvalid, "Please say: %s.", f.Label)
		}
		return nil
	}
	switch f.Type {
	case FieldChoice:
		if !slices.Contains(f.Choices, value) {
			return Errorf(CodeInvalid, "%s is one of: %s.", f.Label, strings.Join(f.Choices, ", "))
		}
	case FieldBool:
		if value != "true" && value != "false" {
			return Errorf(CodeInvalid, "%s is yes or no.", f.Label)
		}
	case FieldNumber:
		if n, err := strconv.Atoi(value); err != nil || n < 0 || n > FieldNumberAtMost || strconv.Itoa(n) != value {
			return Errorf(CodeInvalid, "%s is a whole number, from 0 to %d.", f.Label, FieldNumberAtMost)
		}
	default:
		return f.checkText(value)
	}
	return nil
}

func (f Field) checkText(value string) error {
	if utf8.RuneCountInString(value) > FieldTextAtMost {
		return Errorf(CodeInvalid, "%s has at most %d characters.", f.Label, FieldTextAtMost)
	}
	if f.Pattern == "" {
		return nil
	}
	form, err := regexp.Compile(`^(?:` + f.Pattern + `)$`)
	if err != nil || !form.MatchString(value) { // a pattern that does not compile is met by nothing
		hint := f.Hint
		if hint == "" {
			hint = "form " + f.Pattern
		}
		return Errorf(CodeInvalid, "%s does not look right: %s.", f.Label, hint)
	}
	return nil
}

// trimmed are the fields without blanks around them and without empty ones.
func trimmed(fields map[string]string) map[string]string {
	var kept map[string]string
	for name, value := range fields {
		if value = strings.TrimSpace(value); value != "" {
			if kept == nil {
				kept = make(map[string]string)
			}
			kept[name] = value
		}
	}
	return kept
}

// checkFields says what a request lacks of what the catalogue asks besides.
func checkFields(r Request, e Entitlement) error {
	for name := range r.Fields {
		if !slices.ContainsFunc(e.Fields, func(f Field) bool { return f.Name == name }) {
			return Errorf(CodeInvalid, "%s does not ask for %q.", e.Name, name)
		}
	}
	for _, f := range e.Fields {
		if err := f.Check(r.Fields[f.Name]); err != nil {
			return err
		}
	}
	return nil
}
