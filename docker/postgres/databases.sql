-- The departments' rows, the audit trail and what gateways agree on have nothing to do with each other.
CREATE DATABASE world;
CREATE DATABASE audit;
CREATE DATABASE policy;
