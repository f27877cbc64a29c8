package slacksim_test

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// uncut holds when all that names a person, a channel or the workspace shows
// all of its text, and stays on the screen.
const uncut = `[...document.querySelectorAll('.who-text > *, .channel .label, .head h1, .head .hint, .brand b, .link-state')]
	.filter((x) => x.offsetParent && getComputedStyle(x).visibility !== "hidden")
	.every((x) => x.scrollWidth <= x.clientWidth + 1 && x.scrollHeight <= x.clientHeight + 1 && getComputedStyle(x).textOverflow !== "ellipsis" && x.getBoundingClientRect().right <= innerWidth + 1)`

func TestLongNamesAreReadInFull(t *testing.T) {
	t.Parallel()
	w, _, do := page(t, 1440, 900)
	name := "Wilhelmina Featherstonehaugh-Cholmondeley-Majoribanks"
	title := "Principal Engineer for Reconciliation and Settlement"
	if err := w.UpdateUser("UANA", func(u *slacksim.User) { u.RealName, u.Title = name, title }); err != nil {
		t.Fatal(err)
	}
	whole := `[...document.querySelectorAll(".who-text > *")].map((x) => x.innerText).join("\n")`
	do("long-names-1440", holds(whole+".includes("+strconv.Quote(name)+")"), holds(whole+".includes("+strconv.Quote(title)+")"), holds(uncut))
	do("long-names-channel", click(`[data-test="channel-with-other"]`), holds(`document.querySelector('[data-test="title"]').innerText === "#with-other"`), holds(uncut))
	do("long-names-360", chromedp.EmulateViewport(360, 740), holds(uncut), holds(`document.querySelector(".link-state").innerText.includes("connected")`))
	do("long-names-360-side", click(`[data-test="menu"]`), holds(`document.querySelector(".side.open") !== null`), holds(uncut))
}
