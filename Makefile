# For fingers that type make; `./run` is the thing itself. ARGS="..." passes arguments on.
.PHONY: demo test check fix serve golden bench docs soak setup lock help
help: ; @./run help
demo: ; @./run demo $(ARGS)
test: ; @./run test $(ARGS)
check: ; @./run check
fix: ; @./run fix
serve: ; @./run serve $(ARGS)
golden: ; @./run golden $(ARGS)
bench: ; @./run bench $(ARGS)
docs: ; @./run docs
soak: ; @./run soak $(ARGS)
setup: ; @./run setup $(ARGS)
lock: ; @./run lock $(ARGS)
