//! The parameters of `action: discover`.

use super::invalid::invalid;
use super::limits::Limits;
use super::{fields, role, values};
use crate::error::Result;
use crate::fields::{Field, Fields, Read, Schema, Source};
use crate::form;
use crate::job::{Discovery, MAX_ROLES, Place, Role};

const ROLE_ARN: Field = Field::new("roleArn");
const EXTERNAL_ID: Field = Field::new("externalId");
const REGION: Field = Field::new("region");
const PLACE: Schema = Schema { fields: &[ROLE_ARN, EXTERNAL_ID, REGION], operators_alone: &[] };

/// Reads and checks the fields of a discovery. Fields that only an extraction uses are ignored.
pub(super) fn read(mut fields: Fields<'_>, limits: &Limits) -> Result<Discovery> {
    let places = places(&mut fields, limits);
    let identifier = fields.text(fields::IDENTIFIER, values::pattern);
    let engine = fields.text(fields::ENGINE, values::pattern);
    let metrics = fields.boolean(fields::METRICS);
    fields.mistakes.check().map_err(invalid)?;
    Ok(Discovery {
        places,
        identifier: identifier.value(),
        engine: engine.value(),
        metrics: metrics.value().unwrap_or(false),
    })
}

/// Returns the roles of the event, or else the role of the operator's variables, or else none.
pub(super) fn places(fields: &mut Fields<'_>, limits: &Limits) -> Vec<Place> {
    let roles = roles(fields, limits);
    if roles.is_empty() {
        return vec![Place { role: role::read(fields, limits), region: None }];
    }
    if fields.in_object(fields::ROLE_ARN).is_some() {
        fields.mistakes.add("`roles` and `crossAccountRoleArn` exclude each other: give one of them.");
    }
    roles
}

fn roles(fields: &mut Fields<'_>, limits: &Limits) -> Vec<Place> {
    let elements = fields.array(fields::ROLES).unwrap_or_default();
    if elements.len() > MAX_ROLES {
        let what = format!("names {} roles, but may name {MAX_ROLES} at most", elements.len());
        fields.wrong(fields::ROLES, &what);
        return Vec::new();
    }
    let mut places: Vec<Place> = Vec::with_capacity(elements.len());
    for (index, element) in elements.into_iter().enumerate() {
        let place = fields.element(fields::ROLES, index, element, &PLACE, place);
        let Some(place) = place.flatten() else { continue };
        let arn = place.role.as_ref().map(|role| role.arn.clone()).unwrap_or_default();
        let asked = Read::Given(arn, Source::Field(fields::ROLES.name.to_owned()));
        limits.role_arn(&asked, &mut fields.mistakes);
        // The same role in the same region would only list everything twice.
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Reads `{roleArn, externalId, region}`.
fn place(fields: &mut Fields<'_>) -> Option<Place> {
    let arn = fields.text(ROLE_ARN, form::role_arn);
    if arn == Read::Missing {
        fields.wrong(ROLE_ARN, "is missing");
    }
    let external_id = fields.text(EXTERNAL_ID, values::external_id).value();
    let region = fields.text(REGION, form::region).value();
    Some(Place { role: Some(Role { arn: arn.value()?, external_id }), region })
}
