"""What agents can do: typed tools with an effect class, and the policy that allows, asks or refuses."""
