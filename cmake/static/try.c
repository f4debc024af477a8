// try.c - whether libpmix can be linked statically here; never run.
int PMIx_tool_init(void *self, void *infos, unsigned long count);

int main(void) { return PMIx_tool_init(0, 0, 0); }
