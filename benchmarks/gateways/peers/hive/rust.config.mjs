// The planner and executor written in Rust, inside the same server.
import { unifiedGraphHandler } from "@graphql-hive/router-runtime";

export const gatewayConfig = { unifiedGraphHandler };
