// Its own planner; `--jit` on the command line compiles execution.
export const gatewayConfig = {};
