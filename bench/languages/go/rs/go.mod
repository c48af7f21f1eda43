module fastcors.invalid/rs

go 1.22

require (
	fastcors.invalid/loop v0.0.0
	github.com/rs/cors v1.11.1
)

replace fastcors.invalid/loop => ../loop
