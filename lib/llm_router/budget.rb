# frozen_string_literal: true

require "active_record"
require "active_support/time"
require "active_support/core_ext/string/filters"

class LlmRouter
  # A budget that is a row of your database: include it in a model whose table was made by
  # `rails generate llm_router:install`. There is a row per owner, feature and environment, made
  # when it is first asked for, with a cap per period. All money is US dollars, in exact decimals.
  #
  # The books are not part of your transactions: money that is spent stays spent when they roll
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
  # @!attribute [r] owner
  #   @return [ActiveRecord::Base, nil]
  module Budget
    extend ActiveSupport::Concern

    require "llm_router/budget/errors"
    require "llm_router/budget/usd"
    require "llm_router/budget/name"
    require "llm_router/budget/period"
    require "llm_router/budget/class_methods"
    require "llm_router/budget/own_connection"
    require "llm_router/budget/row"
    require "llm_router/budget/sqlite_sum"
    require "llm_router/budget/update"
    require "llm_router/budget/charge"

    # @return [String] the environment whose money is spent: that of Rails, where there is one
    def self.environment
      return ::Rails.env.to_s if defined?(::Rails) && ::Rails.respond_to?(:env)

      ENV["RAILS_ENV"] || ENV["RACK_ENV"] || "development"
    end

    included do
      attribute :cap_usd, Usd.new(self)
      attribute :spent_usd, Usd.new(self)
      attribute :owner_type, Name.new
      attribute :owner_id, Name.new
      attribute :feature, Name.new
      attribute :environment, :string, default: -> { Budget.environment }

      belongs_to :owner, polymorphic: true, optional: true
      validates :period, inclusion: { in: Period::NAMES }
      before_validation(on: :create) { self.period_started_on ||= Period.start(period) }
    end

    # @return [BigDecimal, nil] the row's own cap in US dollars or else the model's
    #   {ClassMethods#default_cap_usd}; nil for no cap: spending is counted, and nothing is refused
    def cap_usd
      self[:cap_usd] || self.class.default_cap_for(self)
    end

    # @return [BigDecimal] US dollars spent in the current period, as of when the row was loaded
    def spent_usd
      Period.over?(self) ? BigDecimal(0) : self[:spent_usd]
    end

    # Asks the database, not the attributes.
    # @return [Boolean] whether the cap of the current period is reached
    # @raise [RowMissing, InsideTransaction]
    def exhausted?
      remaining_usd&.zero? || false
    end

    # Asks the database, not the attributes.
    # @return [BigDecimal, nil] US dollars left in the current period, never below 0; nil for no cap
    # @raise [RowMissing, InsideTransaction]
    def remaining_usd
      row = Row.read(self)
      cap = row.cap_usd
      cap && [cap - row.spent_usd, BigDecimal(0)].max
    end

    # Books what was spent, in one UPDATE that also turns the period where its time has come. A
    # charge whose clock is behind the row counts in the period that the row is in. What has more
    # than 30 decimals is rounded up at the 30th. The attributes stay as loaded: +reload+ shows it.
    #
    # @param cost_usd [BigDecimal, Integer, String] US dollars, 0 or more
    # @return [void]
    # @raise [ArgumentError] a Float, for it is not exact; a negative amount
    # @raise [RowMissing] the row was deleted
    # @raise [RowLocked] the caller's own transaction, or another, holds the row
    # @raise [InsideTransaction] on SQLite, in an open transaction
    # @example
    #   budget.charge!("0.00012749999999999998")
    def charge!(cost_usd)
      Charge.new([self], cost_usd).make
    end

    # @return [ActiveSupport::TimeWithZone, Time, nil] when there is money again, in the app's time
    #   zone; nil for a total, which never ends
    def period_ends_at
      Period.ends_at(Row.read(self).period)
    end

    # @return [String] as loaded, without asking the database
    def inspect
      return super unless id && has_attribute?(:spent_usd) && has_attribute?(:period)

      scope = [owner_type ? "#{owner_type}/#{owner_id}" : "app", feature, environment].compact.join(" ")
      cap = self[:cap_usd] ? "#{self[:cap_usd].to_s('F')} USD" : "the default cap"
      "#<#{self.class} #{id}: #{scope}: #{spent_usd.to_s('F')} USD spent of #{cap}, #{period}>"
    end
  end
end
