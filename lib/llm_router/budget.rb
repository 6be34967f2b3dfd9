# frozen_string_literal: true

require "json"
require "llm_router/database"
require "active_support/core_ext/string/filters"

class LlmRouter
  # A budget that is a row of your database: include it in a model whose table was made by
  # `rails generate llm_router:install`. There is a row per owner, feature and environment, made
  # on first use, with a cap per period. All money is US dollars, in exact decimals.
  #
  # Each attempt reserves its worst case before it is made, and is charged its cost after. So the cap holds, however
  # many calls run at once. Every charge is on record ({#charges}).
  #
  # The ledger is not part of your transactions: money that is spent stays spent when they roll
  # back. Inside an open transaction a budget is read and charged on a database connection of its
  # own. SQLite has one writer only, so there it raises {InsideTransaction}, before money is spent.
  # With threads, SQLite needs its write-ahead log, which Rails turns on by itself from 7.1.
  #
  # @example
  #   class LlmBudget < ApplicationRecord
  #     include LlmRouter::Budget
  #   end
  #
  #   budget = LlmBudget.for(organization)                # or for(nil): the whole app
  #   budget.update!(cap_usd: "25.00", period: "monthly") # or "daily", or "total"
  #   LlmRouter.new(chain: :default, budget: budget)
  #
  # @!attribute [rw] period
  #   @return [String] "monthly" (the default), "daily", or "total" for one that never ends
  # @!attribute [r] period_started_on
  #   @return [Date] in the app's time zone: when the period of {#spent_usd} began
  # @!attribute [r] feature
  #   @return [String, nil]
  # @!attribute [r] environment
  #   @return [String]
  # @!attribute [r] charges
  #   @return [ActiveRecord::Relation] what was charged, ever: +kind+, +cost_usd+, +model+, +endpoint+,
  #     +generation_id+, +prompt_tokens+, +completion_tokens+, +job_id+, +tags+ (JSON), +created_at+
  # @!attribute [r] reservations
  #   @return [ActiveRecord::Relation] what attempts under way hold: +usd+, +expires_at+ (the end of the lease),
  #     +uncertain+, +model+, +job_id+, +key+
  # @!attribute [r] owner
  #   @return [ActiveRecord::Base, nil]
  module Budget
    extend ActiveSupport::Concern

    %w[thresholds errors name owner class_methods row reservation record queries lease sql/statement sql/postgresql_text
       sql/postgresql sql/mysql sql/sqlite sql/careful_path refusal charged_already alerts beside ledger audit report]
      .each { |file| require "llm_router/budget/#{file}" }

    include Thresholds

    # @return [String] the environment whose money is spent: that of Rails, where there is one
    def self.environment
      Database.environment
    end

    # @return [Array<Class>] the models that include this
    # @api private
    def self.models
      including = ActiveRecord::Base.descendants.select { |model| model.name && model < self }
      including.reject { |model| model.superclass < self }
    end

    # What each budget was charged in a month, and all of them together.
    # @param month [String, Date, Time, Range, nil] such as "2026-11"; nil for this month
    # @return [Report]
    # @raise [ArgumentError] for what is no month
    # @example
    #   puts LlmRouter::Budget.report("2026-11")
    def self.report(month = nil)
      Report.new(models, Database::Period.range(month))
    end

    included do
      extend Queries
      class_attribute :default_caps, instance_accessor: false
      attribute :cap_usd, Database::Usd.new(self)
      attribute :spent_usd, Database::Usd.new(self)
      attribute :reserved_usd, Database::Usd.new(self)
      const_set(:Charge, Record.for(self, "charges", :cost_usd))
      const_set(:Reservation, Record.for(self, "reservations", :usd))
      Database::ExactMoney.watch(self, %i[cap_usd spent_usd reserved_usd])
      has_many :charges, class_name: "::#{name}::Charge", foreign_key: :budget_id, inverse_of: false
      has_many :reservations, class_name: "::#{name}::Reservation", foreign_key: :budget_id, inverse_of: false
      attribute :owner_type, Name.new
      attribute :owner_id, Name.new
      attribute :feature, Name.new
      attribute :environment, ActiveModel::Type::String.new, default: -> { Budget.environment }

      belongs_to :owner, polymorphic: true, optional: true
      periods = Database::Period::NAMES
      validates :period, inclusion: { in: periods, message: "is one of #{periods.join(', ')}" }
      validate { validate_money("cap_usd") }
      before_validation(on: :create) { self.period_started_on ||= Database::Period.start(period) }
    end

    # @return [BigDecimal, nil] the row's own cap in US dollars or else the model's
    #   {ClassMethods#default_cap_usd}; nil for no cap: spending is counted, and nothing is refused. 0 where
    #   that depends on the owner and the owner was deleted
    def cap_usd
      self[:cap_usd] || self.class.default_cap_for(self)
    end

    # @return [BigDecimal] US dollars spent in the current period, as of when the row was loaded
    def spent_usd
      Database::Period.over?(self) ? BigDecimal(0) : self[:spent_usd]
    end

    # Reads the database, not the attributes.
    # @return [Boolean] whether nothing is left
    # @raise [RowMissing, InsideTransaction]
    def exhausted?
      remaining_usd&.zero? || false
    end

    # Reads the database, not the attributes.
    # @return [BigDecimal, nil] US dollars neither spent in the current period nor reserved, never below
    #   0; nil for no cap
    # @raise [RowMissing, InsideTransaction]
    def remaining_usd
      row = Row.read(self)
      cap = row.cap_usd
      cap && [cap - row.spent_usd - Lease.claim(row), BigDecimal(0)].max
    end

    # Reads the database, not the attributes.
    # @return [BigDecimal] US dollars that calls under way may cost at most
    # @raise [InsideTransaction]
    def reserved_usd
      Lease.held(self)
    end

    # Reserves money for one attempt, if it fits under the cap. First ends reservations whose leases have expired, as
    # +config.on_uncertain+ says. Others stay, even under the same idempotency key: another run may be on the wire.
    #
    # @param usd [BigDecimal, Integer, String] US dollars: the most that the attempt can cost
    # @param key [String] which attempt of which job it is, for the record; it identifies nothing
    # @param attempt [Attempt, nil] what goes on record
    # @return [Reservation]
    # @raise [BudgetExceeded] it does not fit; nothing is reserved. Where it would fit but for calls under
    #   way, +retry_after+ is no later than the end of the next lease
    # @raise [ArgumentError] a Float, for it is not exact; a negative amount
    # @raise [RowMissing, RowLocked, InsideTransaction]
    # @example
    #   reservation = budget.reserve!("0.25", key: "#{job_id}/1")
    #   budget.settle!(reservation, "0.0021")
    def reserve!(usd, key:, attempt: nil)
      Ledger.new([self]).reserve!(usd, key: key, attempt: attempt)
    end

    # Ends a reservation and charges the cost of its attempt, even if it is more. Doing it twice changes nothing. If the
    # lease had expired and its estimate was charged, corrects that.
    #
    # @param reservation [Reservation]
    # @param cost_usd [BigDecimal, Integer, String] US dollars, 0 or more
    # @param attempt [Attempt, nil] what goes on record
    # @return [void]
    # @raise [ArgumentError] a Float, for it is not exact; a negative amount
    # @raise [RowMissing, RowLocked, InsideTransaction]
    def settle!(reservation, cost_usd, attempt: nil)
      Ledger.new([self]).settle!(reservation, cost_usd, attempt: attempt)
    end

    # Ends a reservation whose attempt cost nothing.
    # @param reservation [Reservation]
    # @return [void]
    # @raise [RowMissing, RowLocked, InsideTransaction]
    def release!(reservation)
      Ledger.new([self]).release!(reservation)
    end

    # Keeps a reservation whose attempt may have been billed, until the cost is known or the lease expires.
    # @param reservation [Reservation]
    # @param attempt [Attempt, nil]
    # @return [void]
    # @raise [RowLocked, InsideTransaction]
    def uncertain!(reservation, attempt: nil)
      Ledger.new([self]).uncertain!(reservation, attempt: attempt)
    end

    # Charges the budget, and starts the next period if it is time. A charge from a process whose clock is behind counts
    # in the row's period. Rounds up at the 30th decimal. Not for the cost of a call: the call has charged that.
    #
    # @param cost_usd [BigDecimal, Integer, String] US dollars, 0 or more
    # @param attempt [Attempt, nil] what goes on record; one that has been charged is not charged again
    # @return [void]
    # @raise [ArgumentError] a Float, for it is not exact; a negative amount
    # @raise [RowMissing] the row was deleted
    # @raise [RowLocked] the caller's own transaction, or another, holds the row
    # @raise [InsideTransaction] on SQLite, in an open transaction
    # @example
    #   budget.charge!("0.00012749999999999998")
    def charge!(cost_usd, attempt: nil)
      ChargedAlready.check(self, cost_usd) unless attempt
      Ledger.new([self]).charge!(cost_usd, attempt: attempt)
    end

    # @return [ActiveSupport::TimeWithZone, Time, nil] when there is money again, in the app's time
    #   zone; nil for a total, which never ends
    def period_ends_at
      Database::Period.ends_at(Row.read(self).period)
    end

    # What is shown of a row is what was loaded.
    # @api private
    def read_attribute_for_serialization(name)
      name.to_s == "reserved_usd" ? self[:reserved_usd] : super
    end

    # @return [String] owner, feature and environment, such as "Organization/7 draft_reply production"
    def scope_in_words
      [owner_type ? "#{owner_type}/#{owner_id}" : "app", feature, environment].compact.join(" ")
    end

    # @return [String] what was loaded, or what the database said at the last charge
    def inspect
      return super unless id && has_attribute?(:spent_usd) && has_attribute?(:period)

      "#<#{self.class} #{id}: #{scope_in_words}: #{spent_usd.to_s('F')} USD spent of #{cap_in_words}, #{period}>"
    end

    # Sets attributes to the row's values in the database.
    # @api private
    def learn(spent_usd, reserved_usd, period_started_on)
      return if frozen?

      Database::AdapterInternals.load(self, "spent_usd" => spent_usd, "reserved_usd" => reserved_usd,
                                            "period_started_on" => period_started_on)
    end

    private

    # Rails casts an invalid amount to nil, which would mean no cap.
    def validate_money(name)
      return unless public_send(:"#{name}_came_from_user?")

      given = read_attribute_before_type_cast(name)
      Database::Usd.exact(given, name) unless given.nil? || given == ""
    rescue ArgumentError => e
      errors.add(name, e.message.delete_prefix("#{name} "))
    end

    def cap_in_words
      return "no cap" unless (cap = cap_usd)

      "#{cap.to_s('F')} USD (#{self[:cap_usd] ? 'its own cap' : 'default_cap_usd'})"
    rescue StandardError
      "an unknown cap"
    end
  end
end
