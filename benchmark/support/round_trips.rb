# frozen_string_literal: true

require "active_support/notifications"

# Counts the statements that are sent to the database.
module RoundTrips
  module_function

  # @return [Integer]
  def of(&)
    count = 0
    counter = ->(*, payload) { count += 1 unless payload[:cached] || payload[:name] == "SCHEMA" }
    ActiveSupport::Notifications.subscribed(counter, "sql.active_record", &)
    count
  end

  # @param row [LlmRouter::Budget]
  # @return [Array<Integer>] for a reservation, and for what settles it, after a first pair
  def of_a_pair(row)
    row.settle!(row.reserve!("0.01", key: "first"), "0.001")
    reservation = nil
    [of { reservation = row.reserve!("0.01", key: "counted") }, of { row.settle!(reservation, "0.001") }]
  end
end
