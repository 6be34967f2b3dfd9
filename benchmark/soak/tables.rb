# frozen_string_literal: true

require "bigdecimal"
require_relative "journal"

module Soak
  # What the database said at the end of a run, when all leases were up.
  class Tables
    # A charge of a row: for which attempt, as the row knows it and as the gateway does; of which kind; and US dollars.
    Charge = Struct.new(:row, :attempt, :key, :kind, :usd)
    private_constant :Charge

    # @return [Array<Charge>]
    attr_reader :charges

    # @return [String, nil] the call and the model, as the gateway knows an attempt
    def self.key(tag, endpoint, model)
      tag && "#{tag} #{endpoint}:#{model}"
    end

    # @param directory [String]
    def initialize(directory)
      @charges = []
      @others = Hash.new { |others, event| others[event] = [] }
      Journal.read("#{directory}/database") do |event, details|
        event == "charge" ? @charges << charge(*details) : @others[event] << details
      end
      name
    end

    # @param event [String] of another kind
    # @return [Array<Array<String>>]
    def all(event)
      @others[event]
    end

    private

    def charge(row, attempt, *call, kind, usd)
      Charge.new(row, attempt, Tables.key(*call), kind, BigDecimal(usd))
    end

    # What takes an estimate back names the attempt alone.
    def name
      keys = @charges.select(&:key).to_h { |charge| [charge.attempt, charge.key] }
      @charges.each { |charge| charge.key = keys.fetch(charge.attempt, charge.attempt) }
    end
  end
end
