module fastcors.invalid/loop

go 1.22
