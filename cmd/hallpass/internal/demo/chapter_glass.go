package demo

import "context"

// breakGlass is access that is opened before anybody answers: everybody who
// must know is told at once, and somebody else reviews it.
func breakGlass() chapter {
	told := []string{"Break-glass", lena, "refunds fail for every customer"}
	return chapter{"An emergency", []step{
		{"opens access before anybody answers", func(ctx context.Context, p *play) error {
			a := p.as(lena)
			p.said(lena, "/access break-glass billing-db")
			if err := a.Command(ctx, a.DMChannel(), "break-glass billing-db"); err != nil {
				return err
			}
			if err := p.submits(ctx, lena, "Break glass", map[string]any{"entitlement": "billing-db:read-write", "duration": "60",
				"reason": "refunds fail for every customer", "sure": "yes"}); err != nil {
				return err
			}
			_, err := p.waitDM(ctx, lena, "You have access", "Opened by break-glass", "Somebody else must review it")
			return err
		}},
		works(lena, "billing-db"),
		seesIn("security hears of it at once", sam, securityChannel, append(told, "Access works until")...),
		sees("so does the owner", priya, told...),
		pressesIn("nobody reviews their own", lena, securityChannel, "Justified", told, "Nobody reviews their own break-glass"),
		done(lena, "Billing database"),
		refused("access is gone", lena, "billing-db"),
		seesIn("security reads that it ended", sam, securityChannel, append(told, "Access ended")...),
		pressesIn("somebody else closes the review", sam, securityChannel, "Justified", told, "Reviewed", "by "+sam+": justified"),
		sees("and whoever broke glass reads it", lena, "Opened by break-glass", "by "+sam+": justified"),
	}}
}
