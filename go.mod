module github.com/falconer-go/falconer

go 1.25
