module fastcors.invalid/jub0bs

go 1.25.0

require (
	fastcors.invalid/loop v0.0.0
	github.com/jub0bs/cors v1.0.4
)

replace fastcors.invalid/loop => ../loop
