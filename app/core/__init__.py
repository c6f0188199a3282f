"""The ground floor: tables, money, time, actors, refusals, facts and jobs. Knows nothing of shops."""
