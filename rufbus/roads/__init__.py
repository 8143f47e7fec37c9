"""From an OpenStreetMap extract to stops, travel times and geometry."""
