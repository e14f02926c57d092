-- The departments' rows and the audit trail have nothing to do with each other.
CREATE DATABASE world;
CREATE DATABASE audit;
