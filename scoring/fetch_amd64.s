#include "textflag.h"

// func prefetch(at []uintptr)
TEXT ·prefetch(SB), NOSPLIT, $0-24
	MOVQ at_base+0(FP), SI
	MOVQ at_len+8(FP), CX
loop:
	SUBQ $1, CX
	JLT  done
	MOVQ (SI)(CX*8), AX
	PREFETCHT0 (AX)
	JMP  loop
done:
	RET

// func prefetchBoth(a, b uintptr)
TEXT ·prefetchBoth(SB), NOSPLIT, $0-16
	MOVQ a+0(FP), AX
	MOVQ b+8(FP), BX
	PREFETCHT0 (AX)
	PREFETCHT0 (BX)
	RET
